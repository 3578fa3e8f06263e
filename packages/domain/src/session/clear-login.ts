import { appendAudit } from '../audit/index.ts'
import { issueChallenge } from '../challenge/index.ts'
import { inOneFlight, streamKey } from '../db/index.ts'
import type { StoredDevice } from '../device/index.ts'
import { hasSecondFactor, heldFactorsOf, usableKinds, type HeldFactor } from '../factor/index.ts'
import { Refusal, type RequestOrigin } from '../kit/index.ts'
import { countRequest, type Limiter } from '../limit/index.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { loginHistoryOf, requireLocation, type RiskDeps } from '../risk/index.ts'
import { requireTrustEnd, trustEndOf } from '../user/index.ts'
import type { Authenticated } from './authenticated.ts'
import { byMail } from './check-mailed-code.ts'
import { decideUnder } from './decide-clearance.ts'
import { factsOfLogin } from './login-facts.ts'
import { overtaken } from './require-standing.ts'
import { daysOfDevice, daysOfTrust, holdsOf, isTrustedUnder } from './trusted-device.ts'
import { keepRisk, nameOfRisk, weighRisk, type LoginRisk } from './login-risk.ts'

/** A login that may be opened. Only the gate below makes one, so that no way in can go past it. */
class ClearedLogin {
  readonly #isOurs = true
  readonly login: Authenticated
  readonly risk: LoginRisk

  constructor(login: Authenticated, risk: LoginRisk) {
    this.login = login
    this.risk = risk
  }

  /** That a session is opened for what was cleared, and for nothing that only looks like it. */
  static requireOurs(cleared: ClearedLogin): ClearedLogin {
    if (!(#isOurs in cleared && cleared.#isOurs)) throw new Error('This login was not cleared.')
    return cleared
  }
}

export type Cleared = ClearedLogin

/** The login that was cleared. @throws what no caller catches, for anything that the gate did not make. */
export const loginOf = (cleared: Cleared): Authenticated => ClearedLogin.requireOurs(cleared).login

/** What is known of its risk. @throws the same. */
export const riskOf = (cleared: Cleared): LoginRisk => ClearedLogin.requireOurs(cleared).risk

export interface ClearLogin {
  readonly login: Authenticated
  /** What the person calls their device: kept, sealed, until the second step. */
  readonly device?: string | undefined
  /** Of the browser that logs in on the hosted pages, which alone may take the second step; see `browserBinding`. */
  readonly binding?: Buffer | undefined
  /** What the browser keeps of trust in its people; see trusted-device.ts. */
  readonly trusted?: string | undefined
  /** The registered device that was proved in the login. */
  readonly onDevice?: StoredDevice | undefined
  /** Whether the login is for something that takes the person's factor, as `requireStrongAuthentication` does. */
  readonly asksForFactor?: boolean | undefined
  readonly origin: RequestOrigin
}

export type ClearDeps = RiskDeps & { readonly limiter: Limiter }

/**
 * The one gate before every session: whether what was proved is enough, by the tenant's policy, the person's factors
 * and the risk, which it keeps. It is asked again after the second step, and finds that nothing is missing.
 * @throws Refusal `mfa_required` with a challenge to answer, `mfa_enrolment_required` with one to add a factor by,
 *   `login_refused`, `location_not_allowed`, `rate_limited` for too many mailed codes.
 */
export async function clearLogin(deps: ClearDeps, input: ClearLogin): Promise<Cleared> {
  const { user, policy, amr } = input.login
  const { tenantId, id: userId } = user
  requireLocation(policy, input.origin)
  const person = { tenantId, userId }
  const [held, [ended], past, failures] = await inOneFlight(deps.db, { tenantId }, [
    heldFactorsOf(person),
    trustEndOf(person),
    ...loginHistoryOf(person, deps.clock()),
  ])
  const weighed = await weighRisk(deps, input, { past, failures })
  const { passwordOf } = input.login
  const trustEndedAt = ended?.trustEndedAt ?? null
  const trusting = { ...person, held, passwordOf, trustEndedAt, origin: input.origin }
  const by = {
    amr,
    hasFactor: hasSecondFactor(held),
    trustedDays:
      daysOfTrust(deps, trusting, input.trusted) ?? daysOfDevice(deps, holdsOf(trusting), input.onDevice),
    asksForFactor: input.asksForFactor === true,
  }
  const clearance = decideUnder(policy, { by, risk: weighed.decision })
  const risk = weighed.with(by)
  // Trust that is ended before the session is stored lets nobody in any more.
  const isTrusted = isTrustedUnder(policy, by.trustedDays)
  const also = isTrusted ? [requireTrustEnd(person, { trustEndedAt, code: overtaken })] : []
  if (clearance === 'open')
    return new ClearedLogin({ ...input.login, also: [...input.login.also, ...also] }, risk)
  if (clearance === 'refuse') throw await refused(deps, input, risk)
  if (clearance === 'mail') await countMailedCode(deps, input)
  throw await askedFor(deps, input, { clearance, held, risk })
}

/** Keeps what was too unusual, and tells of it; the person is told no score and no reason. */
async function refused(
  { db, clock }: ClearDeps,
  { login, origin }: ClearLogin,
  risk: LoginRisk,
): Promise<Refusal> {
  const { tenantId, id: userId } = login.user
  const at = clock()
  const reason = 'login_refused'
  const common = { tenantId, at, origin }
  const event = { type: 'user.login_failed', payload: { userId, reason } } as const
  await inOneFlight(db, { tenantId, streams: [streamKey(tenantId, userId)] }, [
    ...keepRisk(risk, 'refuse'),
    appendAudit({
      ...common,
      actor: { type: 'user', id: userId },
      action: 'user.login_failed',
      target: { type: 'user', id: userId },
      outcome: 'refused',
      reason: [reason, ...nameOfRisk(risk).reasons].join(', '),
    }),
    appendEvent({ ...common, aggregateId: userId, event }),
  ])
  return new Refusal(reason)
}

interface Asked {
  readonly clearance: keyof typeof asking
  readonly held: readonly HeldFactor[]
  readonly risk: LoginRisk
}

/** Stores the challenge, records that it was asked, and tells of it. */
async function askedFor(
  deps: ClearDeps,
  input: ClearLogin,
  { clearance, held, risk }: Asked,
): Promise<Refusal> {
  const { login, device, binding, origin } = input
  const { tenantId, id: userId } = login.user
  const { kind, code } = asking[clearance]
  const isMailed = clearance === 'mail'
  const { challenge, token, insert } = issueChallenge(deps, {
    tenantId,
    kind,
    userId,
    binding,
    facts: { ...factsOfLogin(deps, login, { device, risk: nameOfRisk(risk) }), ...(isMailed ? byMail : {}) },
  })
  const asked = appendAudit({
    tenantId,
    at: challenge.createdAt,
    actor: { type: 'user', id: userId },
    action: 'user.second_factor_asked',
    target: { type: 'user', id: userId },
    outcome: 'success',
    reason: isMailed ? 'mailed_code' : kind,
    origin,
  })
  const mail = { tenantId, template: 'login_code', userId, params: { challenge: challenge.id } } as const
  // In the person's stream, as whatever voids challenges: none can appear beside it that it did not see.
  await inOneFlight(deps.db, { tenantId, streams: [streamKey(tenantId, userId)] }, [
    insert,
    asked,
    ...keepRisk(risk, clearance),
    ...(isMailed ? [queueMail(deps, { ...mail, at: challenge.createdAt })] : []),
    ...(login.spends ?? []),
  ])
  const factors = isMailed ? ['email'] : usableKinds(held)
  return new Refusal(code, { challenge: { id: token, factors, expiresAt: challenge.expiresAt } })
}

/** Which challenge a login is given, and what is said with it. */
const asking = {
  challenge: { kind: 'second_factor', code: 'mfa_required' },
  mail: { kind: 'second_factor', code: 'mfa_required' },
  enrol: { kind: 'factor_enrol', code: 'mfa_enrolment_required' },
} as const

/** Nobody's mailbox is filled by who knows their password. */
async function countMailedCode(deps: ClearDeps, { login, origin }: ClearLogin): Promise<void> {
  const { tenantId, id: value } = login.user
  await countRequest(deps, { tenantId, origin, counts: [{ limit: 'login-code', value }] })
}
