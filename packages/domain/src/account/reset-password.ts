import { appendAudit } from '../audit/index.ts'
import { prepareNewPassword, storePassword, type NewPassword } from '../credential/index.ts'
import { inTenant, run, type Executor } from '../db/index.ts'
import { Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import { forgetFailures, keepOrigin } from '../login-attempt/index.ts'
import { queueMail } from '../mail/index.ts'
import { consumeOneTimeCode, voidOneTimeCodes, type OneTimePurpose } from '../one-time-code/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { burySessions, endSessionsOf, scopeOfSessions, type EndedSession } from '../session/index.ts'
import { findTenantPolicy, requirePasswordLogin, type TenantPolicy } from '../tenant/index.ts'
import { findUser, markEmailVerified, setUserStatus, type User } from '../user/index.ts'
import type { AccountDeps } from './deps.ts'
import { readLink, refuseCode, usableCodeOf } from './use-code.ts'

export interface ResetPassword {
  readonly tenantId: Id<'ten'>
  /** From the mailed link. */
  readonly token: string
  readonly password: string
  readonly origin: RequestOrigin
}

/** An invitation is the same, but for how long its link lives. */
const purposes = ['reset_password', 'invitation'] as const

/**
 * Sets a new password by a mailed link, ends every session, and tells the person by mail. The link is used up by
 * success alone: a password that is refused leaves it usable. A password that too many failures disabled is enabled,
 * and strangers who try passwords on the person keep them out from here no more. Other factors stay as they are, and
 * nobody is logged in by this.
 * @throws Refusal `code_invalid`, `password_login_off`, `password_unacceptable`, `login_busy`, `temporarily_unavailable`.
 */
export async function resetPassword(deps: AccountDeps, input: ResetPassword): Promise<void> {
  const { tenantId, origin } = input
  const link = readLink(deps, purposes, input)
  const { purpose } = link
  const { userId } = await usableCodeOf(deps, link)
  const prepared = await prepare(deps, { tenantId, userId, password: input.password })
  const at = deps.clock()
  const ended = await inTenant(deps.db, scopeOfSessions({ tenantId, userId, at }), async (tx) => {
    const code = await consumeOneTimeCode(tx, { ...link, now: at })
    const user = code === undefined ? undefined : await findUser(tx, tenantId, userId)
    if (user === undefined || user.status === 'suspended' || user.status === 'erased') return undefined
    return change(deps, tx, { ...prepared, user, purpose, at, origin })
  })
  if (ended === undefined) return refuseCode(deps, { tenantId, purpose, userId, origin })
  await burySessions(deps, tenantId, ended)
}

interface Prepared {
  readonly password: NewPassword
  readonly policy: TenantPolicy
}

/** Somebody who is gone by now is refused later, with the same work. */
async function prepare(
  deps: AccountDeps,
  { tenantId, userId, password }: { tenantId: Id<'ten'>; userId: Id<'usr'>; password: string },
): Promise<Prepared> {
  const { policy, user } = await inTenant(deps.db, { tenantId }, async (tx) => ({
    policy: await findTenantPolicy(tx, tenantId),
    user: await findUser(tx, tenantId, userId),
  }))
  if (policy === undefined) throw new Refusal('tenant_unknown')
  requirePasswordLogin(policy)
  const person = { tenantId, userId, email: user?.email ?? '' }
  return { policy, password: await prepareNewPassword(deps, { ...person, password, policy }) }
}

async function change(
  deps: AccountDeps,
  tx: Executor,
  {
    user,
    password,
    policy,
    purpose,
    at,
    origin,
  }: Prepared & { user: User; purpose: OneTimePurpose; at: Date; origin: RequestOrigin },
): Promise<EndedSession[]> {
  const { tenantId, id: userId } = user
  const actor = { type: 'user', id: userId } as const
  const common = { tenantId, at, origin }
  await storePassword(tx, { tenantId, userId, password, policy }, at)
  const [failures] = await run(tx, forgetFailures(tenantId, userId))
  // From here the new password is typed next, whatever strangers do to the address meanwhile.
  await run(tx, keepOrigin(deps, { tenantId, email: user.email, userId, origin }))
  // Whoever can read the mail has confirmed the address by it.
  await markEmailVerified(tx, { tenantId, userId, at }, user.email)
  await voidOneTimeCodes(tx, {
    tenantId,
    userId,
    purposes: [...purposes, 'change_email'],
    createdAt: at,
  })
  const wasDisabled = (failures?.disabledAt ?? null) !== null
  if (user.status === 'locked' || wasDisabled) await unlock(tx, { user, at, origin })
  const ended = await endSessionsOf(tx, { ...common, userId, actor, reason: 'password_reset' })
  const target = { type: 'user', id: userId }
  await run(
    tx,
    appendAudit({ ...common, actor, action: 'password.reset_completed', target, outcome: 'success' }),
  )
  const event = { type: 'password.reset_completed', payload: { userId } } as const
  await run(tx, appendEvent({ ...common, aggregateId: userId, event }))
  // Who has just chosen a first password has nothing to be warned of.
  if (purpose !== 'invitation') {
    await run(tx, queueMail(deps, { tenantId, template: 'password_changed', userId, at }))
  }
  return ended
}

/** Whoever can read the mail is the owner of the account, and the password that was held back is gone. Told once. */
async function unlock(
  tx: Executor,
  { user, at, origin }: { user: User; at: Date; origin: RequestOrigin },
): Promise<void> {
  const { tenantId, id: userId } = user
  const common = { tenantId, at, origin }
  if (user.status === 'locked') await setUserStatus(tx, { tenantId, userId, at }, 'active')
  const actor = { type: 'user', id: userId } as const
  const target = { type: 'user', id: userId }
  const reason = 'password_reset'
  const unlocked = { ...common, actor, action: 'user.unlocked', target, outcome: 'success', reason } as const
  await run(tx, appendAudit(unlocked))
  const event = { type: 'user.unlocked', payload: { userId, reason } } as const
  await run(tx, appendEvent({ ...common, aggregateId: userId, event }))
}
