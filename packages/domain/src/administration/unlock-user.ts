import { run } from '../db/index.ts'
import { Refusal } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { setUserStatus } from '../user/index.ts'
import type { AdministrationDeps } from './administer.ts'
import { administerUser, type UserCall } from './administer-user.ts'
import type { UserView } from './view-user.ts'

/**
 * Lets the password of a locked account open it again, and tells the person by mail.
 * @throws Refusal what `administerUser` refuses, and `wrong_state` for one who is suspended.
 */
export async function unlockUser(deps: AdministrationDeps, call: UserCall): Promise<UserView> {
  return administerUser(deps, call, { action: 'user.unlocked' }, async ({ tx, user, administrator, at }) => {
    if (user.status === 'active') return { changed: false }
    if (user.status !== 'locked') {
      throw new Refusal('wrong_state', { detail: 'The account is suspended: reactivate it.' })
    }
    const { tenantId, userId, origin } = call
    await setUserStatus(tx, { tenantId, userId, at }, 'active')
    const actor = { type: administrator.type, id: administrator.id }
    const event = { type: 'user.unlocked', payload: { userId, reason: 'administrator', actor } } as const
    await run(tx, appendEvent({ tenantId, at, origin, aggregateId: userId, event }))
    await run(tx, queueMail(deps, { tenantId, template: 'account_unlocked', userId, at }))
    return {}
  })
}
