import { invalidArgument, notFound } from '../rpc/status-error.ts'
import { hasPassed, type Timestamp } from '../rpc/timestamp.ts'
import type { State } from '../state/state.ts'
import type { Table } from '../state/table.ts'

export type KeyRing = { name: string; createTime: Timestamp }

export type CryptoKey = {
  name: string
  purpose: string
  algorithm: string
  protectionLevel: string
  createTime: Timestamp
  labels: Record<string, string>
  /** Name of the version that encrypts; asymmetric keys have none. */
  primary: string | undefined
  versionCount: number
  /** Seconds between asking to destroy a version and its end. */
  destroyScheduledSeconds: number
}

/** As the API has them. A version is made ENABLED or PENDING_GENERATION. */
export type VersionState = 'PENDING_GENERATION' | 'ENABLED' | 'DISABLED' | 'DESTROY_SCHEDULED' | 'DESTROYED'

export type KeyVersion = {
  name: string
  state: VersionState
  algorithm: string
  protectionLevel: string
  createTime: Timestamp
  /** How many more times it is seen as PENDING_GENERATION. */
  looksUntilGenerated: number
  /** When a version that is DESTROY_SCHEDULED ends. */
  destroyTime: Timestamp | undefined
  /** When a version that is DESTROYED ended. */
  destroyEventTime: Timestamp | undefined
  /** The secret itself, in the encoding of its algorithm; empty once it is destroyed. It never leaves the emulator. */
  material: string
}

/** All rings, keys and versions, by full resource name. */
export type KeyStore = { rings: Table<KeyRing>; keys: Table<CryptoKey>; versions: Table<KeyVersion> }

/** The tables of keys in this state. */
export function openKeyStore(state: State): KeyStore {
  return {
    rings: state.table('kms.keyRings'),
    keys: state.table('kms.cryptoKeys'),
    versions: state.table('kms.cryptoKeyVersions'),
  }
}

const id = '[a-zA-Z0-9_-]{1,63}'
const ring = `projects/[^/]+/locations/[^/]+/keyRings/${id}`
const shapes = {
  location: /^projects\/[^/]+\/locations\/[^/]+$/,
  ring: new RegExp(`^${ring}$`),
  key: new RegExp(`^${ring}/cryptoKeys/${id}$`),
  version: new RegExp(`^${ring}/cryptoKeys/${id}/cryptoKeyVersions/[0-9]+$`),
}

/** Refuses a name that is not of the kind, as a client's mistake rather than as something missing. */
export function requireShape(kind: keyof typeof shapes, name: string): void {
  if (!shapes[kind].test(name)) throw invalidArgument(`'${name}' is not the name of a ${kind}.`)
}

/** Refuses an id of a new ring or key that the real service would refuse. */
export function requireId(value: string): void {
  if (!new RegExp(`^${id}$`).test(value))
    throw invalidArgument(`'${value}' is not an id: it must match ${id}.`)
}

/** Whether the name is that of a version; otherwise it may be that of a key. */
export function isVersionName(name: string): boolean {
  return shapes.version.test(name)
}

/** The ring of that name. Refuses a malformed name and one there is none of. */
export function requireRing(store: KeyStore, name: string): KeyRing {
  requireShape('ring', name)
  return found(store.rings.get(name), name)
}

/** The key of that name. Refuses a malformed name and one there is none of. */
export function requireKey(store: KeyStore, name: string): CryptoKey {
  requireShape('key', name)
  return found(store.keys.get(name), name)
}

/** The version of that name. Refuses a malformed name and one there is none of. */
export function requireVersion(store: KeyStore, name: string): KeyVersion {
  requireShape('version', name)
  return asOfNow(store, found(store.versions.get(name), name))
}

/** The versions of a key, oldest first. */
export function versionsOf(store: KeyStore, keyName: string): KeyVersion[] {
  return [...store.versions.values()]
    .filter(({ name }) => name.startsWith(`${keyName}/`))
    .map((version) => asOfNow(store, version))
}

/** A version whose time has come is destroyed for good, its material with it. */
function asOfNow(store: KeyStore, version: KeyVersion): KeyVersion {
  const { state, destroyTime } = version
  if (state !== 'DESTROY_SCHEDULED' || destroyTime === undefined || !hasPassed(destroyTime)) return version
  const destroyed = {
    ...version,
    state: 'DESTROYED',
    material: '',
    destroyTime: undefined,
    destroyEventTime: destroyTime,
  } as const
  store.versions.set(version.name, destroyed)
  return destroyed
}

function found<Resource>(resource: Resource | undefined, name: string): Resource {
  if (resource === undefined) throw notFound(name)
  return resource
}
