import { failedPrecondition, invalidArgument } from '../rpc/status-error.ts'
import { checksumOf, type Int64Value, verifyChecksum } from './crc32c.ts'
import { type KeyStore, requireKey } from './key-store.ts'
import { unwrapCiphertext } from './sealed-ciphertext.ts'
import { requireEncryption } from './usable-version.ts'

type DecryptRequest = {
  name: string
  ciphertext: Buffer
  additionalAuthenticatedData: Buffer
  ciphertextCrc32c: Int64Value
  additionalAuthenticatedDataCrc32c: Int64Value
}

/** Decrypts with whichever version of the key encrypted. Refuses, all alike, a foreign or changed ciphertext
 *  and other additional data than it was encrypted with. */
export function decrypt(store: KeyStore, request: DecryptRequest): object {
  const { ciphertext, additionalAuthenticatedData: aad } = request
  const key = requireKey(store, request.name)
  if (key.purpose !== 'ENCRYPT_DECRYPT') {
    throw failedPrecondition(`${key.name} has purpose ${key.purpose}, not ENCRYPT_DECRYPT.`)
  }
  verifyChecksum('ciphertext', ciphertext, request.ciphertextCrc32c)
  verifyChecksum('additional_authenticated_data', aad, request.additionalAuthenticatedDataCrc32c)
  const wrapped = unwrapCiphertext(ciphertext)
  const version = wrapped && store.versions.get(`${key.name}/cryptoKeyVersions/${wrapped.version}`)
  if (wrapped === undefined || version === undefined) throw decryptionFailed()
  const plaintext = requireEncryption(version).open(version.material, wrapped.sealed, aad)
  if (plaintext === undefined) throw decryptionFailed()
  return {
    plaintext,
    plaintextCrc32c: checksumOf(plaintext),
    usedPrimary: version.name === key.primary,
    protectionLevel: version.protectionLevel,
  }
}

function decryptionFailed() {
  return invalidArgument("Decryption failed: verify that 'name' refers to the correct CryptoKey.")
}
