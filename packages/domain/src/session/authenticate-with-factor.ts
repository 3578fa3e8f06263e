import { appendAudit } from '../audit/index.ts'
import { countWrongAnswer, readChallenge, useChallenge, type Challenge } from '../challenge/index.ts'
import { inTenant, run, streamKey } from '../db/index.ts'
import { kindOfAnswer, recordFactorFailure, type CheckFactorDeps } from '../factor/index.ts'
import { Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { withSecondStep } from './assurance.ts'
import { checkMailedCode, isMailed } from './check-mailed-code.ts'
import { proveFactor, type ChallengeAnswer, type ProveFactorDeps } from './prove-factor.ts'
import { requireUserId, resumeLogin, type ResumedLogin } from './resume-login.ts'

export interface AuthenticateWithFactor {
  readonly tenantId: Id<'ten'>
  /** The challenge's token. */
  readonly challenge: string
  readonly answer: ChallengeAnswer
  /** Of the browser that answers, where one does; see `browserBinding`. */
  readonly binding?: Buffer | undefined
  readonly origin: RequestOrigin
}

/**
 * The second step of a login: finds out whether a challenge's answer is right. Opens nothing, and uses nothing up
 * before the session is stored: see `clearLogin`.
 * @throws Refusal `challenge_invalid`; `factor_invalid` after recording the failure; `rate_limited`, `user_suspended`.
 */
export async function authenticateWithFactor(
  deps: ProveFactorDeps,
  input: AuthenticateWithFactor,
): Promise<ResumedLogin> {
  const { tenantId, answer, binding, origin } = input
  const presented = { tenantId, token: input.challenge, kinds: ['second_factor'] as const, binding }
  const challenge = await readChallenge(deps, presented)
  const userId = requireUserId(challenge)
  const { login, device } = await resumeLogin(deps, challenge, origin)
  const { userKey } = login
  if (isMailed(challenge)) {
    const fits = await checkMailedCode(deps, challenge, { userId, answer, origin })
    if (!fits) return refuseAnswer(deps, { challenge, userId, answer, origin, fault: 'factor' })
    const use = useChallenge({ ...challenge, now: deps.clock() })
    const amr = [...login.amr, 'email']
    // Where a factor must be added next, one right code leads there once.
    return { login: { ...login, amr, also: [use, ...login.also], spends: [use] }, device }
  }
  const proved = await proveFactor(deps, { challenge, userId, userKey, answer, origin })
  if ('fault' in proved) return refuseAnswer(deps, { challenge, userId, answer, origin, fault: proved.fault })
  const also = [useChallenge({ ...challenge, now: deps.clock() }), ...proved.use, ...login.also]
  return { login: { ...login, amr: withSecondStep(login.amr, proved.method), also }, device }
}

/** Records the failure in a transaction of its own, on purpose: throwing must not undo it. */
export async function refuseAnswer(
  deps: CheckFactorDeps,
  refused: {
    readonly challenge: Challenge
    readonly userId: Id<'usr'>
    readonly answer: ChallengeAnswer
    /** Why, for the audit trail. */
    readonly fault: string
    readonly origin: RequestOrigin
  },
): Promise<never> {
  const { challenge, userId, answer, origin, fault } = refused
  const { tenantId } = challenge
  const at = deps.clock()
  const common = { tenantId, at, origin }
  await inTenant(deps.db, { tenantId, streams: [streamKey(tenantId, userId)] }, async (tx) => {
    await run(tx, countWrongAnswer(challenge))
    // Nobody guesses a passkey's answer: counting would only let a stranger with the password switch it off.
    if (!('passkey' in answer))
      await recordFactorFailure(deps, tx, { ...common, userId, kind: kindOfAnswer(answer) })
    const actor = { type: 'user', id: userId } as const
    const target = { type: 'user', id: userId }
    const refusal = { actor, action: 'user.login_failed', target, outcome: 'refused' } as const
    await run(tx, appendAudit({ ...common, ...refusal, reason: fault }))
    const event = { type: 'user.login_failed', payload: { userId, reason: 'factor' } } as const
    await run(tx, appendEvent({ ...common, aggregateId: userId, event }))
  })
  throw new Refusal('factor_invalid')
}
