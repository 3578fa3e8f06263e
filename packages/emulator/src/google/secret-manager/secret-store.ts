import { invalidArgument, notFound } from '../rpc/status-error.ts'
import type { Timestamp } from '../rpc/timestamp.ts'
import type { State } from '../state/state.ts'
import type { Table } from '../state/table.ts'

export type Secret = {
  name: string
  createTime: Timestamp
  labels: Record<string, string>
  versionCount: number
}

export type SecretVersion = {
  name: string
  state: 'ENABLED' | 'DISABLED' | 'DESTROYED'
  createTime: Timestamp
  destroyTime: Timestamp | undefined
  /** Base64: rows are JSON. Empty once it is destroyed. */
  data: string
}

/** All secrets and versions, by full resource name. */
export type SecretStore = { secrets: Table<Secret>; versions: Table<SecretVersion> }

/** The tables of secrets in this state. */
export function openSecretStore(state: State): SecretStore {
  return { secrets: state.table('secrets.secrets'), versions: state.table('secrets.versions') }
}

const id = '[a-zA-Z0-9_-]{1,255}'
const shapes = {
  project: /^projects\/[^/]+$/,
  secret: new RegExp(`^projects/[^/]+/secrets/${id}$`),
  version: new RegExp(`^projects/[^/]+/secrets/${id}/versions/([0-9]+|latest)$`),
}

/** Refuses a name that is not of the kind, as a client's mistake rather than as something missing. */
export function requireShape(kind: keyof typeof shapes, name: string): void {
  if (!shapes[kind].test(name)) throw invalidArgument(`'${name}' is not the name of a ${kind}.`)
}

/** Refuses an id of a new secret that the real service would refuse. */
export function requireId(value: string): void {
  if (!new RegExp(`^${id}$`).test(value))
    throw invalidArgument(`'${value}' is not an id: it must match ${id}.`)
}

/** The secret of that name. Refuses a malformed name and one there is none of. */
export function requireSecret(store: SecretStore, name: string): Secret {
  requireShape('secret', name)
  const secret = store.secrets.get(name)
  if (secret === undefined) throw notFound(name)
  return secret
}

/** The version of that name; `latest` is the last one made, whatever its state. Refuses one there is none of. */
export function requireVersion(store: SecretStore, name: string): SecretVersion {
  requireShape('version', name)
  const secret = requireSecret(store, name.replace(/\/versions\/.*$/, ''))
  const version = store.versions.get(name.replace(/latest$/, String(secret.versionCount)))
  if (version === undefined) throw notFound(name)
  return version
}
