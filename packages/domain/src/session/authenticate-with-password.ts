import { appendAudit } from '../audit/index.ts'
import { firstPartyClient, type ClientSettings } from '../client/index.ts'
import {
  checkPassword,
  credentialMixOf,
  credentialOf,
  decoyFor,
  recheckBreach,
  rehashWhenIdle,
  type Passwords,
} from '../credential/index.ts'
import { inOneFlight, streamKey, type Db } from '../db/index.ts'
import { newId, Refusal, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import { countFailure, forgetFailures, keepOrigin, passwordDisabled } from '../login-attempt/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { locationFault, locationOf } from '../risk/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { readTenantPolicy, tenantPolicyOf, type TenantPolicy } from '../tenant/index.ts'
import { normaliseEmail, userByEmail, userKeyOf, type User } from '../user/index.ts'
import type { Authenticated } from './authenticated.ts'
import { streamOfUnknown, subjectHmacOf } from './fingerprint.ts'
import { sessionsBefore } from './known-device.ts'

export interface AuthenticateWithPassword {
  readonly tenantId: Id<'ten'>
  readonly email: string
  readonly password: string
  /** Whether the device has shown otherwise that the person logged in on it before. */
  readonly isKnownDevice?: boolean
  readonly origin: RequestOrigin
}

export type AuthenticateDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly passwords: Passwords
}

type Failure =
  | 'invalid_credentials'
  | 'user_suspended'
  | 'password_replacement_required'
  | 'location_not_allowed'

/**
 * Finds out whose password this is. Opens nothing: see `clearLogin`.
 *
 * An unknown address, a wrong password, one that too many failures disabled, and any where the tenant takes none,
 * get the same answer for the same work: one place in the queue, the same statements, one hash of a kind that the
 * tenant has, one recorded failure. "Suspended", and that the password is to be replaced because it is known from a
 * breach, is said only to someone who knew the password; "not from there" to everybody who is there, before anything of
 * an account is looked at.
 * @throws Refusal `invalid_credentials`, `user_suspended`, `password_replacement_required`, `location_not_allowed`,
 *   `login_busy`.
 */
export async function authenticateWithPassword(
  deps: AuthenticateDeps,
  input: AuthenticateWithPassword,
): Promise<Authenticated> {
  const { tenantId, password, origin } = input
  const email = normaliseEmail(input.email)
  const turn = await deps.passwords.admission.enterAhead(tenantId, origin.network)
  try {
    const { stored, user, mix, isDisabled, ...account } = await findAccount(deps, { ...input, email })
    const decoy = decoyFor(deps, { tenantId, email, mix })
    await turn.begin()
    const fits = await checkPassword(deps, { tenantId, stored, password, decoy })
    turn.release()
    const isTaken = fits && !isDisabled && account.policy.passwordLogin
    if (user === undefined || stored === undefined || !isTaken) {
      return await refuse(deps, { ...input, email, user, failure: 'invalid_credentials' })
    }
    if (user.status !== 'active') {
      return await refuse(deps, { ...input, email, user, failure: 'user_suspended' })
    }
    if (stored.breachedAt !== null && account.policy.breachedPasswords === 'replace') {
      return await refuse(deps, { ...input, email, user, failure: 'password_replacement_required' })
    }
    rehashWhenIdle(deps, { tenantId, userId: user.id, stored, password })
    recheckBreach(deps, { tenantId, userId: user.id, stored, password, policy: account.policy, origin })
    const also = [
      forgetFailures(tenantId, user.id),
      keepOrigin(deps, { tenantId, email, userId: user.id, origin }),
    ]
    const isBreached = stored.breachedAt !== null
    const { isKnownDevice = false } = input
    const isExposed = stored.exposedAt !== null
    const known = { isKnownDevice, isBreached, isExposed }
    return { ...account, ...known, user, amr: ['pwd'], passwordOf: stored.changedAt, also }
  } finally {
    turn.release()
  }
}

/** Two flights, whoever is asked for; an unknown address asks for the password of an id that nobody has. */
async function findAccount(deps: AuthenticateDeps, input: AuthenticateWithPassword) {
  const { tenantId, email, origin } = input
  const [[user], [client], [tenant], mix] = await inOneFlight(deps.db, { tenantId }, [
    userByEmail(tenantId, email),
    firstPartyClient(tenantId),
    tenantPolicyOf(tenantId),
    credentialMixOf(tenantId),
  ])
  if (client === undefined || tenant === undefined) throw new Refusal('tenant_unknown')
  const policy = readTenantPolicy(tenant.policy)
  if (locationFault(policy, locationOf(origin)) !== undefined) {
    return refuse(deps, { ...input, user: undefined, failure: 'location_not_allowed' })
  }
  const userId = user?.id ?? newId('usr', deps.clock())
  const [[stored], [userKey], [failures], [before]] = await inOneFlight(deps.db, { tenantId }, [
    credentialOf(tenantId, userId),
    userKeyOf(tenantId, userId),
    passwordDisabled(tenantId, userId),
    sessionsBefore(deps, { tenantId, userId, origin }),
  ])
  const settings: { client: ClientSettings; policy: TenantPolicy } = { client, policy }
  const isDisabled = failures !== undefined && failures.disabledAt !== null
  const isNewDevice = before?.here === false && input.isKnownDevice !== true
  return { user, stored, userKey, mix, isDisabled, isNewDevice, ...settings }
}

/** Records the failure in a transaction of its own, on purpose: throwing must not undo it. */
async function refuse(
  deps: AuthenticateDeps,
  {
    tenantId,
    email,
    user,
    failure,
    origin,
  }: AuthenticateWithPassword & { user: User | undefined; failure: Failure },
): Promise<never> {
  const at = deps.clock()
  const subjectHmac = subjectHmacOf(deps, tenantId, email)
  const guessed = failure === 'invalid_credentials' ? user?.id : undefined
  const aggregateId = user?.id ?? streamOfUnknown(subjectHmac)
  await inOneFlight(deps.db, { tenantId, streams: [streamKey(tenantId, aggregateId)] }, [
    appendAudit({
      tenantId,
      at,
      actor: { type: 'anonymous' },
      action: 'user.login_failed',
      target: { type: 'user', id: user?.id },
      outcome: 'refused',
      reason: failure,
      subjectHmac,
      origin,
    }),
    appendEvent({
      tenantId,
      aggregateId,
      at,
      event: { type: 'user.login_failed', payload: { userId: user?.id ?? null, reason: failure } },
      origin,
    }),
    countFailure({ tenantId, userId: guessed, at, origin }),
  ])
  throw new Refusal(failure)
}
