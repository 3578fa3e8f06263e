import { appendAudit } from '../audit/index.ts'
import { credentialOf, insertCredential, prepareNewPassword, type NewPassword } from '../credential/index.ts'
import { inTenant, run, streamKey, type Statement } from '../db/index.ts'
import { newId, Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { requireLocation } from '../risk/index.ts'
import { streamOfUnknown, subjectHmacOf } from '../session/index.ts'
import { findTenantPolicy, requireAllowedDomain } from '../tenant/index.ts'
import { insertUser, insertUserKey, newUserKey, normaliseEmail, type NewUser } from '../user/index.ts'
import type { AccountDeps } from './deps.ts'

export interface RegisterUser {
  readonly tenantId: Id<'ten'>
  readonly email: string
  readonly password: string
  /** The language of whoever asks. */
  readonly locale: string
  readonly origin: RequestOrigin
}

type Deps = Pick<AccountDeps, 'db' | 'clock' | 'secrets' | 'passwords'>

/**
 * Makes a stranger an account, where the tenant lets strangers do so, and has its address confirmed by mail.
 *
 * A known address gets the same answer after the same hash, the same statements and as many mails, and nothing
 * of the account there changes: its owner is told, and who asks does not learn who is registered.
 * @throws Refusal `location_not_allowed`, `registration_closed`, `domain_not_allowed`, `password_unacceptable`, `login_busy` when hashing is overloaded, and
 *   `temporarily_unavailable` where the tenant insists on a check for breached passwords that cannot be made.
 */
export async function registerUser(deps: Deps, input: RegisterUser): Promise<void> {
  const { tenantId } = input
  const policy = await inTenant(deps.db, { tenantId }, (tx) => findTenantPolicy(tx, tenantId))
  if (policy === undefined) throw new Refusal('tenant_unknown')
  requireLocation(policy, input.origin)
  if (!policy.selfRegistration || !policy.passwordLogin) throw new Refusal('registration_closed')
  const email = normaliseEmail(input.email)
  requireAllowedDomain(email, policy)
  const password = await prepareNewPassword(deps, { tenantId, email, password: input.password, policy })
  await store(deps, { ...input, email }, password)
}

async function store(deps: Deps, input: RegisterUser, password: NewPassword): Promise<void> {
  const { tenantId, locale, email } = input
  const now = deps.clock()
  const user: NewUser = {
    id: newId('usr', now),
    tenantId,
    email,
    status: 'active',
    locale,
    createdAt: now,
    emailVerifiedAt: null,
  }
  const subjectHmac = subjectHmacOf(deps, tenantId, email)
  const unknown = streamOfUnknown(subjectHmac)
  const streams = [streamKey(tenantId, user.id), streamKey(tenantId, unknown)]
  await inTenant(deps.db, { tenantId, streams }, async (tx) => {
    const added = await insertUser(tx, user)
    // Where the user was not added, this adds nothing, and in place of the next insert something is read.
    await insertUserKey(tx, user, newUserKey(deps.secrets.of('data'), user.id, now))
    if (added) await insertCredential(tx, { tenantId, userId: user.id, password }, now)
    else await run(tx, credentialOf(tenantId, user.id))
    const statements = added
      ? recordRegistered(user, input)
      : recordRefused({ ...input, subjectHmac, unknown, at: now })
    for (const statement of statements) await run(tx, statement)
    await run(
      tx,
      queueMail(deps, {
        tenantId,
        template: 'registration',
        userId: user.id,
        address: email,
        locale,
        at: now,
      }),
    )
  })
}

function recordRegistered({ tenantId, id, createdAt: at }: NewUser, { origin }: RegisterUser): Statement[] {
  const actor = { type: 'anonymous' } as const
  const target = { type: 'user', id }
  const event = { type: 'user.registered', payload: { userId: id } } as const
  return [
    appendAudit({ tenantId, at, actor, action: 'user.registered', target, outcome: 'success', origin }),
    appendEvent({ tenantId, at, aggregateId: id, event, origin }),
  ]
}

function recordRefused(refused: {
  readonly tenantId: Id<'ten'>
  readonly subjectHmac: Buffer
  readonly unknown: string
  readonly at: Date
  readonly origin: RequestOrigin
}): Statement[] {
  const { subjectHmac, unknown, ...common } = refused
  const event = { type: 'user.registration_refused', payload: { reason: 'address_taken' } } as const
  return [
    appendAudit({
      ...common,
      actor: { type: 'anonymous' },
      action: 'user.registered',
      target: { type: 'user' },
      outcome: 'refused',
      reason: event.payload.reason,
      subjectHmac,
    }),
    appendEvent({ ...common, aggregateId: unknown, event }),
  ]
}
