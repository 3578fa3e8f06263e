import { readChallenge, type Challenge } from '../challenge/index.ts'
import { Refusal } from '../kit/index.ts'
import type { BeginPasskey, PasskeyDeps } from './begin-passkey.ts'
import { planRegistration, type PlannedPasskey, type PlanRegistration } from './plan-registration.ts'

export interface PlanPasskey extends BeginPasskey, PlanRegistration {
  /** The challenge's token. */
  readonly challenge: string
}

/**
 * Checks a passkey that a browser made for a challenge of this person and session. Nothing counts before the
 * statements have committed.
 * @throws Refusal `challenge_invalid`, and what `planRegistration` refuses.
 */
export async function planPasskey(deps: PasskeyDeps, input: PlanPasskey): Promise<PlannedPasskey> {
  const challenge = await requireOwnChallenge(deps, input)
  return planRegistration(deps, challenge, input)
}

/** A challenge of somebody else, or of another session of the same person, is none (C196). */
async function requireOwnChallenge(deps: PasskeyDeps, input: PlanPasskey): Promise<Challenge> {
  const { tenantId, userId, sessionId, binding } = input
  const presented = { tenantId, token: input.challenge, kinds: ['passkey_enrol'] as const, binding }
  const challenge = await readChallenge(deps, presented)
  if (challenge.userId !== userId || challenge.sessionId !== sessionId) throw new Refusal('challenge_invalid')
  return challenge
}
