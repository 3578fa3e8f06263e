import { notEmulated } from '../rpc/status-error.ts'
import { checksumOf } from './crc32c.ts'
import { type KeyStore, requireVersion } from './key-store.ts'
import { requireSigning } from './usable-version.ts'

type GetPublicKeyRequest = { name: string; publicKeyFormat: string }

/** The public half of a signing version, as PEM. */
export function getPublicKey(store: KeyStore, request: GetPublicKeyRequest): object {
  if (!['PUBLIC_KEY_FORMAT_UNSPECIFIED', 'PEM'].includes(request.publicKeyFormat)) {
    throw notEmulated(`the public key format ${request.publicKeyFormat}`)
  }
  const version = requireVersion(store, request.name)
  const pem = requireSigning(version).publicKeyPem(version.material)
  const { name, algorithm, protectionLevel } = version
  const pemCrc32c = checksumOf(Buffer.from(pem))
  return { pem, pemCrc32c, publicKeyFormat: 'PEM', name, algorithm, protectionLevel }
}
