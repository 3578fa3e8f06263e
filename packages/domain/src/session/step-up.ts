import { issueChallenge, readChallenge, useChallenge } from '../challenge/index.ts'
import { inOneFlight } from '../db/index.ts'
import { hasSecondFactor, heldFactorsOf, usableKinds } from '../factor/index.ts'
import { Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import { countRequest } from '../limit/index.ts'
import { userKeyOf } from '../user/index.ts'
import { withProof } from './assurance.ts'
import { refuseAnswer } from './authenticate-with-factor.ts'
import { unlessUsed } from './log-in-with-factor.ts'
import { mintIfProved } from './mint-if-proved.ts'
import { proveFactor, type ChallengeAnswer, type ProveFactorDeps } from './prove-factor.ts'
import { provedIn, raiseSession, type RaiseDeps, type RaisedSession } from './raise-session.ts'

export interface StepUp {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly sessionId: Id<'ses'>
  readonly grantId: Id<'grt'>
  readonly origin: RequestOrigin
}

type StepUpDeps = RaiseDeps & ProveFactorDeps

/**
 * Asks an open session for the person's second factor.
 * @param session with the seconds that it may be old (RFC 9470 `max_age`), where it may be: whoever showed it so lately
 *   is asked nothing.
 * @returns an access token that says so.
 * @throws Refusal `mfa_required` with the challenge; `not_allowed` for who has no second factor: they log in
 *   again; `rate_limited`.
 */
export async function beginStepUp(
  deps: StepUpDeps,
  session: StepUp & { readonly maxAge?: number | undefined },
): Promise<RaisedSession> {
  const { tenantId, userId, sessionId, origin } = session
  await countRequest(deps, { tenantId, origin, counts: [{ limit: 'step-up', value: userId }] })
  const { maxAge } = session
  const proved = maxAge === undefined ? undefined : await mintIfProved(deps, session, maxAge)
  if (proved !== undefined) return proved
  const [held] = await inOneFlight(deps.db, { tenantId }, [heldFactorsOf({ tenantId, userId })])
  if (!hasSecondFactor(held))
    throw new Refusal('not_allowed', { detail: 'There is no second factor to ask for: log in again.' })
  const { challenge, token, insert } = issueChallenge(deps, { tenantId, kind: 'step_up', userId, sessionId })
  await inOneFlight(deps.db, { tenantId }, [insert])
  throw new Refusal('mfa_required', {
    challenge: { id: token, factors: usableKinds(held), expiresAt: challenge.expiresAt },
  })
}

/**
 * Raises an open session by the answer to its challenge (RFC 9470). Challenge and code are used up with that, or not at
 * all; another session's challenge is none.
 * @throws Refusal `challenge_invalid`, `factor_invalid` after recording the failure, `session_ended`, `rate_limited`.
 */
export async function stepUp(
  deps: StepUpDeps,
  session: StepUp & { readonly challenge: string; readonly answer: ChallengeAnswer },
): Promise<RaisedSession> {
  const { tenantId, userId, sessionId, answer, origin } = session
  const presented = { tenantId, token: session.challenge, kinds: ['step_up'] as const }
  const challenge = await readChallenge(deps, presented)
  if (challenge.userId !== userId || challenge.sessionId !== sessionId) throw new Refusal('challenge_invalid')
  const before = await provedIn(deps, session)
  const [[userKey]] = await inOneFlight(deps.db, { tenantId }, [userKeyOf(tenantId, userId)])
  const proved = await proveFactor(deps, { challenge, userId, userKey, answer, origin })
  if ('fault' in proved) return refuseAnswer(deps, { challenge, userId, answer, origin, fault: proved.fault })
  const also = [useChallenge({ ...challenge, now: deps.clock() }), ...proved.use]
  const amr = withProof(before, proved.method)
  return unlessUsed(raiseSession(deps, { ...session, amr, also }))
}
