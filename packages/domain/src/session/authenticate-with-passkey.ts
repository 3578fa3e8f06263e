import { appendAudit } from '../audit/index.ts'
import { countWrongAnswer, readChallenge, useChallenge, type Challenge } from '../challenge/index.ts'
import { inOneFlight, streamKey } from '../db/index.ts'
import { Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import { keepOrigin } from '../login-attempt/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { checkPasskey, type AssertionJson, type PasskeyDeps } from '../passkey/index.ts'
import type { Authenticated } from './authenticated.ts'
import { streamOfUnknown, subjectHmacOf } from './fingerprint.ts'
import { lookUpLogin } from './look-up-login.ts'

export interface AuthenticateWithPasskey {
  readonly tenantId: Id<'ten'>
  /** The challenge's token. */
  readonly challenge: string
  /** What the browser answered. */
  readonly assertion: AssertionJson
  /** Of the browser that answers, where one does; see `browserBinding`. */
  readonly binding?: Buffer | undefined
  /** What the browser keeps to be known again: see `rememberDevice`. */
  readonly knownBy?: string | undefined
  readonly origin: RequestOrigin
}

/**
 * Finds out whose passkey this is, which has verified its person and so is both factors at once. Opens nothing, and
 * uses nothing up before the session is stored: see `clearLogin`.
 *
 * Whatever is wrong with the answer is said in the same words; "suspended" only to somebody whose passkey was right.
 * @throws Refusal `challenge_invalid`; `passkey_invalid` and `user_suspended` after recording the failure.
 */
export async function authenticateWithPasskey(
  deps: PasskeyDeps,
  input: AuthenticateWithPasskey,
): Promise<Authenticated> {
  const { tenantId, assertion, binding, knownBy, origin } = input
  const presented = { tenantId, token: input.challenge, kinds: ['passkey_login'] as const, binding }
  const challenge = await readChallenge(deps, presented)
  const checked = await checkPasskey(deps, { challenge, assertion, origin })
  const { userId } = checked
  if ('fault' in checked)
    return refuse(deps, {
      challenge,
      userId,
      assertion,
      origin,
      failure: 'passkey_invalid',
      why: checked.fault,
    })
  const { proved } = checked
  const person = { tenantId, userId: checked.userId, origin, knownBy }
  const { user, ...account } = await lookUpLogin(deps, person)
  if (user === undefined) throw new Refusal('challenge_invalid')
  if (user.status !== 'active')
    return refuse(deps, { challenge, userId, assertion, origin, failure: 'user_suspended', why: user.status })
  const also = [
    useChallenge({ ...challenge, now: deps.clock() }),
    ...proved.use,
    keepOrigin(deps, { tenantId, email: user.email, userId: user.id, origin }),
  ]
  return { ...account, user, amr: [proved.method, 'user', 'mfa'], passwordOf: undefined, also }
}

/** Records the failure in a transaction of its own, on purpose: throwing must not undo it. */
async function refuse(
  deps: PasskeyDeps,
  {
    challenge,
    userId,
    assertion,
    failure,
    why,
    origin,
  }: {
    readonly challenge: Challenge
    readonly userId: Id<'usr'> | undefined
    readonly assertion: AssertionJson
    readonly failure: 'passkey_invalid' | 'user_suspended'
    readonly why: string
    readonly origin: RequestOrigin
  },
): Promise<never> {
  const { tenantId } = challenge
  const common = { tenantId, at: deps.clock(), origin }
  const subjectHmac = subjectHmacOf(deps, tenantId, `passkey ${assertion.id}`)
  const aggregateId = userId ?? streamOfUnknown(subjectHmac)
  const event = { type: 'user.login_failed', payload: { userId: userId ?? null, reason: failure } } as const
  await inOneFlight(deps.db, { tenantId, streams: [streamKey(tenantId, aggregateId)] }, [
    countWrongAnswer(challenge),
    appendAudit({
      ...common,
      actor: { type: 'anonymous' },
      action: 'user.login_failed',
      target: { type: 'user', id: userId },
      outcome: 'refused',
      reason: failure === 'passkey_invalid' ? `${failure}: ${why}` : failure,
      subjectHmac,
    }),
    appendEvent({ ...common, aggregateId, event }),
  ])
  throw new Refusal(failure)
}
