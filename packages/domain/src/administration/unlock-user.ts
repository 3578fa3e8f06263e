import { run } from '../db/index.ts'
import { Refusal } from '../kit/index.ts'
import { forgetFailures, passwordDisabled } from '../login-attempt/index.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { setUserStatus } from '../user/index.ts'
import type { AdministrationDeps } from './administer.ts'
import { administerUser, type UserCall } from './administer-user.ts'
import type { UserView } from './view-user.ts'

/**
 * Lets the password of an account open it again that an administrator or too many failures had locked, and tells
 * the person by mail.
 * @throws Refusal what `administerUser` refuses, and `wrong_state` for one who is suspended.
 */
export async function unlockUser(deps: AdministrationDeps, call: UserCall): Promise<UserView> {
  return administerUser(deps, call, { action: 'user.unlocked' }, async ({ tx, user, administrator, at }) => {
    const { tenantId, userId, origin } = call
    const [failures] = await run(tx, passwordDisabled(tenantId, userId))
    const isHeldBack = user.status === 'locked' || (failures?.disabledAt ?? null) !== null
    if (user.status === 'active' && !isHeldBack) return { changed: false }
    if (user.status === 'suspended') {
      throw new Refusal('wrong_state', { detail: 'The account is suspended: reactivate it.' })
    }
    await run(tx, forgetFailures(tenantId, userId))
    await setUserStatus(tx, { tenantId, userId, at }, 'active')
    const actor = { type: administrator.type, id: administrator.id }
    const event = { type: 'user.unlocked', payload: { userId, reason: 'administrator', actor } } as const
    await run(tx, appendEvent({ tenantId, at, origin, aggregateId: userId, event }))
    await run(tx, queueMail(deps, { tenantId, template: 'account_unlocked', userId, at }))
    return {}
  })
}
