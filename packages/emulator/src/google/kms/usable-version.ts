import { failedPrecondition } from '../rpc/status-error.ts'
import type {
  Algorithm,
  EncryptionAlgorithm,
  MacAlgorithm,
  SigningAlgorithm,
} from './algorithms/algorithm.ts'
import { algorithms } from './algorithms/index.ts'
import type { KeyVersion } from './key-store.ts'

/** The algorithm of a version that is to encrypt or decrypt. Refuses one that is disabled or for another
 *  purpose. */
export function requireEncryption(version: KeyVersion): EncryptionAlgorithm {
  const algorithm = requireUsable(version)
  if (algorithm.purpose !== 'ENCRYPT_DECRYPT') throw wrongPurpose(version, algorithm, 'ENCRYPT_DECRYPT')
  return algorithm
}

/** The algorithm of a version that is to sign. Refuses one that is disabled or for another purpose. */
export function requireSigning(version: KeyVersion): SigningAlgorithm {
  const algorithm = requireUsable(version)
  if (algorithm.purpose !== 'ASYMMETRIC_SIGN') throw wrongPurpose(version, algorithm, 'ASYMMETRIC_SIGN')
  return algorithm
}

/** The algorithm of a version that is to authenticate. Refuses one that is disabled or for another purpose. */
export function requireMac(version: KeyVersion): MacAlgorithm {
  const algorithm = requireUsable(version)
  if (algorithm.purpose !== 'MAC') throw wrongPurpose(version, algorithm, 'MAC')
  return algorithm
}

function requireUsable(version: KeyVersion): Algorithm {
  const algorithm = algorithms[version.algorithm]
  if (version.state !== 'ENABLED' || algorithm === undefined) {
    throw failedPrecondition(`${version.name} is not enabled, current state is: ${version.state}.`)
  }
  return algorithm
}

function wrongPurpose(version: KeyVersion, { purpose }: Algorithm, wanted: string) {
  return failedPrecondition(`${version.name} has purpose ${purpose}; this operation needs ${wanted}.`)
}
