import { appendAudit } from '../audit/index.ts'
import { issueChallenge } from '../challenge/index.ts'
import { inOneFlight, type Db } from '../db/index.ts'
import { heldFactorsOf, usableKinds, type HeldFactor } from '../factor/index.ts'
import { Refusal, type Clock, type RequestOrigin } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { sealPersonal } from '../user/index.ts'
import type { Authenticated } from './authenticated.ts'
import { decideClearance } from './decide-clearance.ts'

/** A login that may be opened. Only the gate below makes one, so that no way in can go past it. */
class ClearedLogin {
  readonly #isOurs = true
  readonly login: Authenticated

  constructor(login: Authenticated) {
    this.login = login
  }

  /** That a session is opened for what was cleared, and for nothing that only looks like it. */
  static requireOurs(cleared: ClearedLogin): Authenticated {
    if (!(#isOurs in cleared && cleared.#isOurs)) throw new Error('This login was not cleared.')
    return cleared.login
  }
}

export type Cleared = ClearedLogin

/** The login that was cleared. @throws what no caller catches, for anything that the gate did not make. */
export const loginOf: (cleared: Cleared) => Authenticated = (cleared) => ClearedLogin.requireOurs(cleared)

export interface ClearLogin {
  readonly login: Authenticated
  /** What the person calls their device: kept, sealed, until the second step. */
  readonly device?: string | undefined
  /** Of the browser that logs in on the hosted pages, which alone may take the second step; see `browserBinding`. */
  readonly binding?: Buffer | undefined
  readonly origin: RequestOrigin
}

export type ClearDeps = { readonly db: Db; readonly clock: Clock; readonly secrets: SecretRings }

/**
 * The one gate before every session: whether what was proved is enough, by the tenant's policy and the person's
 * factors. It is asked again after the second step, and finds that nothing is missing.
 * @throws Refusal `mfa_required` with a challenge to answer, `mfa_enrolment_required` with one to add a factor by.
 */
export async function clearLogin(deps: ClearDeps, input: ClearLogin): Promise<Cleared> {
  const { user, policy, amr } = input.login
  const { tenantId, id: userId } = user
  const [held] = await inOneFlight(deps.db, { tenantId }, [heldFactorsOf({ tenantId, userId })])
  const clearance = decideClearance({ mfa: policy.mfa, amr, held, isTrusted: false, risk: 'unknown' })
  if (clearance === 'open') return new ClearedLogin(input.login)
  if (clearance === 'refuse') throw new Refusal('not_allowed')
  const asked = { challenge: 'second_factor', enrol: 'factor_enrol' } as const
  throw await askedFor(deps, input, { kind: asked[clearance], held })
}

/** What stands in a challenge of a login until its second step. */
export interface LoginFacts {
  readonly amr: readonly string[]
  /** Milliseconds since the epoch. */
  readonly passwordOf: number | null
  readonly isNewDevice: boolean
  /** Sealed under the person's key; see `deviceContext`. */
  readonly device: string | null
}

/** Stores the challenge, records that it was asked, and tells of it. */
async function askedFor(
  deps: ClearDeps,
  input: ClearLogin,
  { kind, held }: { readonly kind: LoginChallengeKind; readonly held: readonly HeldFactor[] },
): Promise<Refusal> {
  const { login, binding, origin } = input
  const { tenantId, id: userId } = login.user
  const { amr, passwordOf, isNewDevice } = login
  const device = sealedDevice(deps, input)
  const facts: LoginFacts = { amr, passwordOf: passwordOf?.getTime() ?? null, isNewDevice, device }
  const { challenge, token, insert } = issueChallenge(deps, {
    tenantId,
    kind,
    userId,
    binding,
    facts: { ...facts },
  })
  const asked = appendAudit({
    tenantId,
    at: challenge.createdAt,
    actor: { type: 'user', id: userId },
    action: 'user.second_factor_asked',
    target: { type: 'user', id: userId },
    outcome: 'success',
    reason: kind,
    origin,
  })
  await inOneFlight(deps.db, { tenantId }, [insert, asked])
  return new Refusal(refusals[kind], {
    challenge: { id: token, factors: usableKinds(held), expiresAt: challenge.expiresAt },
  })
}

const refusals = { second_factor: 'mfa_required', factor_enrol: 'mfa_enrolment_required' } as const
type LoginChallengeKind = keyof typeof refusals

function sealedDevice({ secrets }: ClearDeps, { login, device }: ClearLogin): string | null {
  const { user, userKey } = login
  if (device === undefined || userKey === undefined) return null
  const owner = { userId: user.id, userKey }
  const sealed = sealPersonal(secrets.of('data'), owner, {
    values: { name: device },
    context: deviceContext(user.id),
  })
  return sealed.toString('base64url')
}

/** What the sealed name of a device belongs to. */
const deviceContext = (userId: string): string => `${userId}:challenge_device`
