import type { KeyPurpose, SigningAlg } from '../key-set/index.ts'
import type { KeyWrapping } from '../secret-key/index.ts'

/** Keys that follow one another: those for one purpose by one algorithm. */
export interface SigningKeyLine {
  readonly purpose: KeyPurpose
  readonly alg: SigningAlg
}

/** A line that a worker tends: its new keys are wrapped by this. */
export interface TendedLine extends SigningKeyLine {
  readonly wrapping: Pick<KeyWrapping, 'wrap'>
}

/** The lines of the keys that sign access tokens, one for each algorithm. */
export function tokenLines(algs: readonly SigningAlg[], wrapping: TendedLine['wrapping']): TendedLine[] {
  return algs.map((alg) => ({ purpose: 'token', alg, wrapping }))
}

/** The line of the keys that sign status lists. Whoever may unwrap these may unwrap none of the others. */
export function statusLine(wrapping: TendedLine['wrapping']): TendedLine {
  return { purpose: 'status', alg: 'ES256', wrapping }
}

/** Whether a key belongs to a line. */
export function isOfLine(key: SigningKeyLine, { purpose, alg }: SigningKeyLine): boolean {
  return key.purpose === purpose && key.alg === alg
}
