import type { KeyPurpose, SigningAlg } from '../key-set/index.ts'
import type { KeyWrapping } from '../secret-key/index.ts'
import type { VersionedKey } from './versioned-key.ts'

/** Keys that follow one another: those for one purpose by one algorithm. */
export interface SigningKeyLine {
  readonly purpose: KeyPurpose
  readonly alg: SigningAlg
}

/** A line that a worker tends: its new keys are wrapped by this, or are versions of this key in KMS. */
export type TendedLine = SigningKeyLine & (WrappedCustody | KmsCustody)

type WrappedCustody = { readonly wrapping: Pick<KeyWrapping, 'wrap'> }
type KmsCustody = { readonly versionedKey: VersionedKey }

/**
 * The lines of the keys that sign access tokens, one for each algorithm.
 * @param keyFor where new keys are never to leave KMS: the key there whose versions sign by an algorithm.
 */
export function tokenLines(
  algs: readonly SigningAlg[],
  wrapping: WrappedCustody['wrapping'],
  keyFor?: (alg: SigningAlg) => VersionedKey,
): TendedLine[] {
  return algs.map((alg) => ({
    purpose: 'token',
    alg,
    ...(keyFor === undefined ? { wrapping } : { versionedKey: keyFor(alg) }),
  }))
}

/** The line of the keys that sign status lists. Whoever may unwrap these may unwrap none of the others. */
export function statusLine(wrapping: WrappedCustody['wrapping']): TendedLine {
  return { purpose: 'status', alg: 'ES256', wrapping }
}

/** Whether a key belongs to a line. */
export function isOfLine(key: SigningKeyLine, { purpose, alg }: SigningKeyLine): boolean {
  return key.purpose === purpose && key.alg === alg
}
