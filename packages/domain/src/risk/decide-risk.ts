import type { RiskSignals } from './signals.ts'

/** What a tenant decides about risk. */
export interface RiskPolicy {
  readonly mfa: 'off' | 'optional' | 'required' | 'risk'
  /** From this score on a login has to be proved by a second factor. */
  readonly riskChallengeAt: number
  /** From this score on it is refused. */
  readonly riskRefuseAt: number
}

export type RiskDecision = 'allow' | 'challenge' | 'refuse'

/** Whether risk decides anything. */
export function hasSay({ mfa }: Pick<RiskPolicy, 'mfa'>): boolean {
  return mfa === 'risk' || mfa === 'required'
}

/**
 * What a login's risk leads to. Pure. Risk has a say where the tenant asks for factors by it, and where it asks for
 * them always: who has none there proves the login otherwise before they add one. Elsewhere it is kept and decides
 * nothing. When the outside service is silent, nobody gets in by one factor alone.
 */
export function decideRisk(
  policy: RiskPolicy,
  { score, signals }: { readonly score: number; readonly signals: Pick<RiskSignals, 'outside'> },
): RiskDecision {
  if (!hasSay(policy)) return 'allow'
  if (score >= policy.riskRefuseAt) return 'refuse'
  return score >= policy.riskChallengeAt || signals.outside === 'silent' ? 'challenge' : 'allow'
}
