import { page } from '../rpc/page.ts'
import { notEmulated } from '../rpc/status-error.ts'
import { timestampNow } from '../rpc/timestamp.ts'
import { algorithms } from './algorithms/index.ts'
import { type CryptoKey, type KeyStore, type KeyVersion, requireKey, requireVersion } from './key-store.ts'
import { type ListRequest, refuseFilters } from './list-request.ts'

/** Makes the next version of a key. It is not made primary: that is a step of its own, as in the real
 *  service. */
export function createCryptoKeyVersion(store: KeyStore, { parent }: { parent: string }): object {
  return describeVersion(addVersion(store, requireKey(store, parent)))
}

/** What is known of a version. Refuses a name there is none of. */
export function getCryptoKeyVersion(store: KeyStore, { name }: { name: string }): object {
  return describeVersion(requireVersion(store, name))
}

/** The versions of a key, oldest first, a page at a time. Refuses a missing key. */
export function listCryptoKeyVersions(store: KeyStore, request: ListRequest): object {
  refuseFilters(request)
  const { name: keyName } = requireKey(store, request.parent)
  const versions = [...store.versions.values()].filter(({ name }) => name.startsWith(`${keyName}/`))
  const { items, nextPageToken } = page(versions, request)
  return { cryptoKeyVersions: items.map(describeVersion), nextPageToken, totalSize: versions.length }
}

/** Generates key material for the next version of `key` and stores both. */
export function addVersion(store: KeyStore, key: CryptoKey): KeyVersion {
  const algorithm = algorithms[key.algorithm]
  if (algorithm === undefined) throw notEmulated(`the algorithm ${key.algorithm}`)
  const versionCount = key.versionCount + 1
  const version: KeyVersion = {
    name: `${key.name}/cryptoKeyVersions/${versionCount}`,
    // An HSM key would be PENDING_GENERATION for a moment; here the material is there at once.
    state: 'ENABLED',
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
  const { name, state, algorithm, protectionLevel, createTime } = version
  return { name, state, algorithm, protectionLevel, createTime, generateTime: createTime }
}
