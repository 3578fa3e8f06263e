import { invalidArgument } from '../rpc/status-error.ts'
import type { SigningAlgorithm } from './algorithms/algorithm.ts'
import { checksumOf, type Int64Value, verifyChecksum } from './crc32c.ts'
import { type KeyStore, requireVersion } from './key-store.ts'
import { requireSigning } from './usable-version.ts'

type AsymmetricSignRequest = {
  name: string
  /** `digest` names the member that is set. */
  digest: { digest?: string; sha256?: Buffer } | null
  digestCrc32c: Int64Value
  data: Buffer
  dataCrc32c: Int64Value
}

const maxDataBytes = 64 * 1024

/** Signs a digest that the caller made, or data that the service hashes: exactly one of the two must be
 *  given. */
export function asymmetricSign(store: KeyStore, request: AsymmetricSignRequest): object {
  const version = requireVersion(store, request.name)
  const algorithm = requireSigning(version)
  if ((request.digest === null) === (request.data.length === 0)) {
    throw invalidArgument('Exactly one of digest and data must be given.')
  }
  if (request.data.length > maxDataBytes) throw invalidArgument('data is larger than 64 KiB.')
  const digest = request.digest === null ? undefined : requireDigest(algorithm, request.digest)
  const verified = {
    verifiedDigestCrc32c: verifyChecksum('digest', digest ?? Buffer.alloc(0), request.digestCrc32c),
    verifiedDataCrc32c: verifyChecksum('data', request.data, request.dataCrc32c),
  }
  const signature =
    digest === undefined
      ? algorithm.signData(version.material, request.data)
      : algorithm.signDigest(version.material, digest)
  const { name, protectionLevel } = version
  return { name, signature, signatureCrc32c: checksumOf(signature), ...verified, protectionLevel }
}

const sha256Bytes = 32

function requireDigest(
  { digest: wanted }: SigningAlgorithm,
  given: { digest?: string; sha256?: Buffer },
): Buffer {
  if (wanted === undefined) throw invalidArgument('This algorithm signs data, not a digest.')
  const bytes = given[wanted]
  if (given.digest !== wanted || bytes?.length !== sha256Bytes) {
    throw invalidArgument(`The digest must be a ${wanted} of ${sha256Bytes} bytes.`)
  }
  return bytes
}
