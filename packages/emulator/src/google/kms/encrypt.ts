import { failedPrecondition, invalidArgument } from '../rpc/status-error.ts'
import { checksumOf, type Int64Value, verifyChecksum } from './crc32c.ts'
import { isVersionName, type KeyStore, type KeyVersion, requireKey, requireVersion } from './key-store.ts'
import { wrapCiphertext } from './sealed-ciphertext.ts'
import { requireEncryption } from './usable-version.ts'

type EncryptRequest = {
  name: string
  plaintext: Buffer
  additionalAuthenticatedData: Buffer
  plaintextCrc32c: Int64Value
  additionalAuthenticatedDataCrc32c: Int64Value
}

const maxBytes = 64 * 1024

/** Encrypts under the primary version of a key, or under the version named. */
export function encrypt(store: KeyStore, request: EncryptRequest): object {
  const { plaintext, additionalAuthenticatedData: aad } = request
  const version = versionToUse(store, request.name)
  const algorithm = requireEncryption(version)
  if (plaintext.length > maxBytes) throw invalidArgument('plaintext is larger than 64 KiB.')
  if (aad.length > maxBytes) throw invalidArgument('additional_authenticated_data is larger than 64 KiB.')
  const verified = {
    verifiedPlaintextCrc32c: verifyChecksum('plaintext', plaintext, request.plaintextCrc32c),
    verifiedAdditionalAuthenticatedDataCrc32c: verifyChecksum(
      'additional_authenticated_data',
      aad,
      request.additionalAuthenticatedDataCrc32c,
    ),
  }
  const ciphertext = wrapCiphertext(version.name, algorithm.seal(version.material, plaintext, aad))
  const { name, protectionLevel } = version
  return { name, ciphertext, ciphertextCrc32c: checksumOf(ciphertext), ...verified, protectionLevel }
}

function versionToUse(store: KeyStore, name: string): KeyVersion {
  if (isVersionName(name)) return requireVersion(store, name)
  const { primary, purpose } = requireKey(store, name)
  if (purpose !== 'ENCRYPT_DECRYPT')
    throw failedPrecondition(`${name} has purpose ${purpose}, not ENCRYPT_DECRYPT.`)
  if (primary === undefined) throw failedPrecondition(`${name} has no primary version.`)
  return requireVersion(store, primary)
}
