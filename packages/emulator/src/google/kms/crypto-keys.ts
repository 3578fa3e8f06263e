import { page } from '../rpc/page.ts'
import {
  alreadyExists,
  failedPrecondition,
  invalidArgument,
  notEmulated,
  notFound,
} from '../rpc/status-error.ts'
import { timestampNow } from '../rpc/timestamp.ts'
import { addVersion, describeVersion } from './crypto-key-versions.ts'
import { type CryptoKey, type KeyStore, requireId, requireKey, requireRing } from './key-store.ts'
import { type ListRequest, refuseFilters } from './list-request.ts'
import { readTemplate, type VersionTemplate } from './version-template.ts'

type CreateCryptoKeyRequest = {
  parent: string
  cryptoKeyId: string
  skipInitialVersionCreation: boolean
  cryptoKey: {
    purpose: string
    labels: Record<string, string>
    versionTemplate: VersionTemplate | null
    rotationPeriod?: object
    destroyScheduledDuration: { seconds: string } | null
  } | null
}

/** Makes a key and, unless asked not to, its first version, which is the primary one of an encryption key.
 *  Refuses an algorithm that is not for the purpose and a rotation schedule. */
export function createCryptoKey(store: KeyStore, request: CreateCryptoKeyRequest): object {
  requireRing(store, request.parent)
  requireId(request.cryptoKeyId)
  const name = `${request.parent}/cryptoKeys/${request.cryptoKeyId}`
  if (store.keys.has(name)) throw alreadyExists(name)
  const wanted = request.cryptoKey ?? missingKey()
  const { purpose, labels, versionTemplate, rotationPeriod } = wanted
  if (rotationPeriod !== undefined) throw notEmulated('rotation by a schedule')
  const template = readTemplate(purpose, versionTemplate)
  const key = {
    name,
    purpose,
    labels,
    ...template,
    createTime: timestampNow(),
    primary: undefined,
    versionCount: 0,
    destroyScheduledSeconds: readDestroyScheduled(wanted.destroyScheduledDuration),
  }
  store.keys.set(name, key)
  if (!request.skipInitialVersionCreation) addInitialVersion(store, key)
  return describeKey(store, requireKey(store, name))
}

/** What is known of a key, with its primary version. Refuses a name there is none of. */
export function getCryptoKey(store: KeyStore, { name }: { name: string }): object {
  return describeKey(store, requireKey(store, name))
}

/** The keys of a ring in the order they were made, a page at a time. Refuses a missing ring. */
export function listCryptoKeys(store: KeyStore, request: ListRequest): object {
  refuseFilters(request)
  requireRing(store, request.parent)
  const keys = [...store.keys.values()].filter(({ name }) => name.startsWith(`${request.parent}/cryptoKeys/`))
  const { items, nextPageToken } = page(keys, request)
  return { cryptoKeys: items.map((key) => describeKey(store, key)), nextPageToken, totalSize: keys.length }
}

type UpdatePrimaryRequest = { name: string; cryptoKeyVersionId: string }

/** Makes another version the one that encrypts; what older versions sealed still opens. */
export function updateCryptoKeyPrimaryVersion(store: KeyStore, request: UpdatePrimaryRequest): object {
  const key = requireKey(store, request.name)
  if (key.purpose !== 'ENCRYPT_DECRYPT') {
    throw failedPrecondition(`A key of purpose ${key.purpose} has no primary version.`)
  }
  const primary = `${key.name}/cryptoKeyVersions/${request.cryptoKeyVersionId}`
  if (!store.versions.has(primary)) throw notFound(primary)
  store.keys.set(key.name, { ...key, primary })
  return describeKey(store, requireKey(store, key.name))
}

const day = 24 * 3600

/** From a day to 120 days, 30 where nothing is said; fixed with the key. */
function readDestroyScheduled(given: { seconds: string } | null): number {
  const seconds = given === null ? 30 * day : Number(given.seconds)
  if (seconds >= day && seconds <= 120 * day) return seconds
  throw invalidArgument('destroy_scheduled_duration must be between 24 hours and 120 days.')
}

function missingKey(): never {
  throw invalidArgument('crypto_key is required.')
}

function addInitialVersion(store: KeyStore, key: CryptoKey): void {
  const version = addVersion(store, key)
  if (key.purpose === 'ENCRYPT_DECRYPT') {
    store.keys.set(key.name, { ...requireKey(store, key.name), primary: version.name })
  }
}

function describeKey(store: KeyStore, key: CryptoKey): object {
  const { name, purpose, createTime, labels, algorithm, protectionLevel } = key
  const primary = key.primary === undefined ? undefined : store.versions.get(key.primary)
  return {
    name,
    purpose,
    createTime,
    labels,
    versionTemplate: { algorithm, protectionLevel },
    destroyScheduledDuration: { seconds: String(key.destroyScheduledSeconds) },
    primary: primary && describeVersion(primary),
  }
}
