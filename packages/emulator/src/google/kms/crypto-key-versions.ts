import { page } from '../rpc/page.ts'
import { notEmulated } from '../rpc/status-error.ts'
import { timestampNow } from '../rpc/timestamp.ts'
import { algorithms } from './algorithms/index.ts'
import {
  type CryptoKey,
  type KeyStore,
  type KeyVersion,
  requireKey,
  requireVersion,
  versionsOf,
} from './key-store.ts'
import { type ListRequest, refuseFilters } from './list-request.ts'

/** Makes the next version of a key. It is not made primary: that is a step of its own, as in the real
 *  service. */
export function createCryptoKeyVersion(store: KeyStore, { parent }: { parent: string }): object {
  return describeVersion(addVersion(store, requireKey(store, parent)))
}

/** What is known of a version. Refuses a name there is none of. */
export function getCryptoKeyVersion(store: KeyStore, { name }: { name: string }): object {
  return describeVersion(look(store, requireVersion(store, name)))
}

/** The versions of a key, oldest first, a page at a time. Refuses a missing key. */
export function listCryptoKeyVersions(store: KeyStore, request: ListRequest): object {
  refuseFilters(request)
  const { name: keyName } = requireKey(store, request.parent)
  const versions = versionsOf(store, keyName)
  const { items, nextPageToken } = page(versions, request)
  return {
    cryptoKeyVersions: items.map((version) => describeVersion(look(store, version))),
    nextPageToken,
    totalSize: versions.length,
  }
}

/** What a client sees of a version. One that is being generated is ready when it was looked at twice. */
function look(store: KeyStore, version: KeyVersion): KeyVersion {
  if (version.state !== 'PENDING_GENERATION') return version
  const isReady = version.looksUntilGenerated === 0
  const looksUntilGenerated = isReady ? 0 : version.looksUntilGenerated - 1
  const seen = { ...version, looksUntilGenerated, state: isReady ? 'ENABLED' : version.state } as const
  store.versions.set(version.name, seen)
  return seen
}

/** Generates key material for the next version of `key` and stores both. */
export function addVersion(store: KeyStore, key: CryptoKey): KeyVersion {
  const algorithm = algorithms[key.algorithm]
  if (algorithm === undefined) throw notEmulated(`the algorithm ${key.algorithm}`)
  const versionCount = key.versionCount + 1
  // Clients of a key in an HSM have to wait for it, as for the real one.
  const isGeneratedLater = key.protectionLevel === 'HSM' && algorithm.purpose === 'ASYMMETRIC_SIGN'
  const version: KeyVersion = {
    name: `${key.name}/cryptoKeyVersions/${versionCount}`,
    state: isGeneratedLater ? 'PENDING_GENERATION' : 'ENABLED',
    looksUntilGenerated: isGeneratedLater ? 1 : 0,
    destroyTime: undefined,
    destroyEventTime: undefined,
    algorithm: key.algorithm,
    protectionLevel: key.protectionLevel,
    createTime: timestampNow(),
    material: algorithm.generate(),
  }
  store.versions.set(version.name, version)
  store.keys.set(key.name, { ...key, versionCount })
  return version
}

/** The public face of a version: everything but its material. */
export function describeVersion(version: KeyVersion): object {
  const { name, state, algorithm, protectionLevel, createTime, destroyTime, destroyEventTime } = version
  const generateTime = state === 'PENDING_GENERATION' ? undefined : createTime
  return {
    name,
    state,
    algorithm,
    protectionLevel,
    createTime,
    generateTime,
    destroyTime,
    destroyEventTime,
  }
}
