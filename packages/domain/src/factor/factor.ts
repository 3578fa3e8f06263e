import type { Statement } from '../db/index.ts'
import type { Id } from '../kit/index.ts'

/** What a factor can be. Recovery codes stand in for one that was lost: they are no factor to be asked for. */
export type FactorKind = 'totp' | 'passkey' | 'recovery'

/** How a second step is named in amr: `recovery` is ours, the others are of RFC 8176. */
export type FactorMethod = 'otp' | 'recovery' | 'hwk' | 'swk'

/** A factor that its person has confirmed. */
export interface HeldFactor {
  readonly id: Id<'mfa'>
  readonly kind: FactorKind
  /** Set by too many failures in a row: it opens nothing, and still asks. */
  readonly disabledAt: Date | null
}

/** A second step that was right. It counts once what stands in `use` has committed, in the transaction of what it opens. */
export interface ProvedFactor {
  readonly factorId: Id<'mfa'>
  readonly method: FactorMethod
  /** Uses it up; the flight fails with `factorUsed` when somebody was quicker. */
  readonly use: readonly Statement<unknown>[]
}

/** Whether a person has a second factor to be asked for, usable or not: one that is disabled must not open the door. */
export function hasSecondFactor(held: readonly HeldFactor[]): boolean {
  return held.some(({ kind }) => kind !== 'recovery')
}

/** What a person can answer a challenge with, the most common first. */
export function usableKinds(held: readonly HeldFactor[]): FactorKind[] {
  const usable = new Set(held.filter(({ disabledAt }) => disabledAt === null).map(({ kind }) => kind))
  return (['totp', 'passkey', 'recovery'] as const).filter((kind) => usable.has(kind))
}
