import { appendAudit } from '../audit/index.ts'
import {
  checkPassword,
  credentialOf,
  prepareNewPassword,
  storePassword,
  type StoredPassword,
} from '../credential/index.ts'
import { inOneFlight, inTenant, run, streamKey } from '../db/index.ts'
import { Refusal, type Id, type RequestOrigin } from '../kit/index.ts'
import { countFailure, forgetFailures, passwordDisabled } from '../login-attempt/index.ts'
import { queueMail } from '../mail/index.ts'
import { voidOneTimeCodes } from '../one-time-code/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { burySessions, endSessionsOf, requireSteppedUpSince, scopeOfSessions } from '../session/index.ts'
import { readTenantPolicy, requirePasswordLogin, tenantPolicyOf } from '../tenant/index.ts'
import { stepUpSinceOf, userById } from '../user/index.ts'
import type { AccountDeps } from './deps.ts'

export interface ChangePassword {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** The session that asks, which goes on; all others end. */
  readonly sessionId: Id<'ses'>
  /** When whoever asks proved who they are, in seconds since the epoch. */
  readonly authTime: number
  readonly currentPassword: string
  readonly newPassword: string
  readonly origin: RequestOrigin
}

/**
 * Changes the password of somebody who knows it, ends their other sessions, and tells them by mail.
 * @throws Refusal `reauthentication_required` for a session of before a theft, `password_login_off`, `invalid_credentials` for a wrong current password, `password_unacceptable`, `login_busy`,
 *   `temporarily_unavailable`.
 */
export async function changePassword(deps: AccountDeps, input: ChangePassword): Promise<void> {
  const { tenantId, userId, origin } = input
  const [[stored], [tenant], [user], [person]] = await inOneFlight(deps.db, { tenantId }, [
    credentialOf(tenantId, userId),
    tenantPolicyOf(tenantId),
    userById(tenantId, userId),
    stepUpSinceOf(tenantId, userId),
  ])
  requireSteppedUpSince(deps, input, person)
  const policy = readTenantPolicy(tenant?.policy)
  requirePasswordLogin(policy)
  await requirePassword(deps, { tenantId, userId, stored, password: input.currentPassword, origin })
  const owner = { tenantId, userId, email: user?.email ?? '' }
  const password = await prepareNewPassword(deps, { ...owner, password: input.newPassword, policy })
  const at = deps.clock()
  const actor = { type: 'user', id: userId } as const
  const common = { tenantId, at, origin }
  const ended = await inTenant(deps.db, scopeOfSessions({ tenantId, userId, at }), async (tx) => {
    await storePassword(tx, { tenantId, userId, password, policy }, at)
    await run(tx, forgetFailures(tenantId, userId))
    await voidOneTimeCodes(tx, { tenantId, userId, purposes: ['reset_password'], createdAt: at })
    const others = { ...common, userId, actor, reason: 'password_changed' as const, except: input.sessionId }
    const sessions = await endSessionsOf(tx, others)
    const target = { type: 'user', id: userId }
    await run(tx, appendAudit({ ...common, actor, action: 'password.changed', target, outcome: 'success' }))
    const event = { type: 'password.changed', payload: { userId } } as const
    await run(tx, appendEvent({ ...common, aggregateId: userId, event }))
    await run(tx, queueMail(deps, { tenantId, template: 'password_changed', userId, at }))
    return sessions
  })
  await burySessions(deps, tenantId, ended)
}

/**
 * Makes sure that whoever holds a session also knows the password, for changes that a borrowed device must not
 * make. A wrong one counts as at a login, and a password that too many of them disabled does not fit here either.
 * @throws Refusal `invalid_credentials` after recording the failure.
 */
export async function requirePassword(
  deps: AccountDeps,
  {
    tenantId,
    userId,
    stored,
    password,
    origin,
  }: Pick<ChangePassword, 'tenantId' | 'userId' | 'origin'> & {
    readonly stored: StoredPassword | undefined
    readonly password: string
  },
): Promise<void> {
  const [[failures]] = await inOneFlight(deps.db, { tenantId }, [passwordDisabled(tenantId, userId)])
  const release = await deps.passwords.admission.enter(tenantId)
  const fits = await checkPassword(deps, { tenantId, stored, password }).finally(release)
  if (fits && (failures === undefined || failures.disabledAt === null)) return
  const at = deps.clock()
  await inOneFlight(deps.db, { tenantId, streams: [streamKey(tenantId, userId)] }, [
    appendAudit({
      tenantId,
      at,
      actor: { type: 'user', id: userId },
      action: 'user.reauthentication_failed',
      target: { type: 'user', id: userId },
      outcome: 'refused',
      reason: 'invalid_credentials',
      origin,
    }),
    countFailure({ tenantId, userId, at, origin }),
  ])
  throw new Refusal('invalid_credentials')
}
