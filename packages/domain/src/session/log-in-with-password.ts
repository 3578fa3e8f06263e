import { appendAudit } from '../audit/index.ts'
import { firstPartyClient, type ClientSettings } from '../client/index.ts'
import {
  checkPassword,
  credentialMixOf,
  credentialOf,
  decoyFor,
  rehashWhenIdle,
  type Passwords,
} from '../credential/index.ts'
import { inOneFlight, streamKey } from '../db/index.ts'
import { newId, Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import { countFailure, forgetFailures, keepOrigin, passwordDisabled } from '../login-attempt/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { readTenantPolicy, tenantPolicyOf, type TenantPolicy } from '../tenant/index.ts'
import { normaliseEmail, userByEmail, userKeyOf, type User } from '../user/index.ts'
import { streamOfUnknown, subjectHmacOf } from './fingerprint.ts'
import type { IssuedSession } from './issued-session.ts'
import { openSession, type OpenSessionDeps } from './open-session.ts'

export interface LogInWithPassword {
  readonly tenantId: Id<'ten'>
  readonly email: string
  readonly password: string
  /** What the person calls their device. */
  readonly device?: string
  readonly origin: RequestOrigin
}

type Failure = 'invalid_credentials' | 'user_suspended'

/**
 * Opens a session for the person whose password this is.
 *
 * An unknown address, a wrong password and one that too many failures disabled get the same answer for the same
 * work: one place in the queue, the same statements, one hash of a kind that the tenant has, one recorded
 * failure. "Suspended" is said only to someone who knew the password.
 * @throws Refusal `invalid_credentials`, `user_suspended`, `login_busy`, `temporarily_unavailable`.
 */
export async function logInWithPassword(
  deps: OpenSessionDeps & { readonly passwords: Passwords },
  input: LogInWithPassword,
): Promise<IssuedSession> {
  const { tenantId } = input
  const email = normaliseEmail(input.email)
  const release = await deps.passwords.admission.enter(tenantId, input.origin.network)
  try {
    const account = await findAccount(deps, tenantId, email)
    const { stored, mix } = account
    const decoy = decoyFor(deps, { tenantId, email, mix })
    const fits = await checkPassword(deps, { tenantId, stored, password: input.password, decoy })
    release()
    if (account.user === undefined || account.isDisabled || !fits) {
      return await refuse(deps, { ...input, email, user: account.user, failure: 'invalid_credentials' })
    }
    if (account.user.status !== 'active') {
      return await refuse(deps, { ...input, email, user: account.user, failure: 'user_suspended' })
    }
    const issued = await openSession(deps, {
      user: account.user,
      userKey: account.userKey,
      client: account.client,
      amr: ['pwd'],
      acr: 'aal1',
      lifetime: account.policy.sessionSeconds,
      device: input.device,
      origin: input.origin,
      also: [
        forgetFailures(tenantId, account.user.id),
        keepOrigin(deps, { ...input, email, userId: account.user.id }),
      ],
    })
    if (stored !== undefined) {
      rehashWhenIdle(deps, { tenantId, userId: account.user.id, stored, password: input.password })
    }
    return issued
  } finally {
    release()
  }
}

/** Two flights, whoever is asked for; an unknown address asks for the password of an id that nobody has. */
async function findAccount(deps: OpenSessionDeps, tenantId: Id<'ten'>, email: string) {
  const [[user], [client], [tenant], mix] = await inOneFlight(deps.db, { tenantId }, [
    userByEmail(tenantId, email),
    firstPartyClient(tenantId),
    tenantPolicyOf(tenantId),
    credentialMixOf(tenantId),
  ])
  if (client === undefined || tenant === undefined) throw new Refusal('tenant_unknown')
  const userId = user?.id ?? newId('usr', deps.clock())
  const [[stored], [userKey], [failures]] = await inOneFlight(deps.db, { tenantId }, [
    credentialOf(tenantId, userId),
    userKeyOf(tenantId, userId),
    passwordDisabled(tenantId, userId),
  ])
  const settings: { client: ClientSettings; policy: TenantPolicy } = {
    client,
    policy: readTenantPolicy(tenant.policy),
  }
  const isDisabled = failures !== undefined && failures.disabledAt !== null
  return { user, stored, userKey, mix, isDisabled, ...settings }
}

/** Records the failure in a transaction of its own, on purpose: throwing must not undo it. */
async function refuse(
  deps: OpenSessionDeps,
  {
    tenantId,
    email,
    user,
    failure,
    origin,
  }: LogInWithPassword & { user: User | undefined; failure: Failure },
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
