import { run } from '../db/index.ts'
import { Refusal } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { setUserStatus } from '../user/index.ts'
import type { AdministrationDeps } from './administer.ts'
import { administerUser, type UserCall } from './administer-user.ts'
import type { UserView } from './view-user.ts'

/**
 * Lets a suspended person in again, and tells them by mail.
 * @throws Refusal what `administerUser` refuses, and `wrong_state` for one who is locked.
 */
export async function reactivateUser(deps: AdministrationDeps, call: UserCall): Promise<UserView> {
  return administerUser(
    deps,
    call,
    { action: 'user.reactivated' },
    async ({ tx, user, administrator, at }) => {
      if (user.status === 'active') return { changed: false }
      if (user.status === 'locked')
        throw new Refusal('wrong_state', { detail: 'The account is locked: unlock it.' })
      const { tenantId, userId, origin } = call
      await setUserStatus(tx, { tenantId, userId, at }, 'active')
      const actor = { type: administrator.type, id: administrator.id }
      const event = { type: 'user.reactivated', payload: { userId, actor } } as const
      await run(tx, appendEvent({ tenantId, at, origin, aggregateId: userId, event }))
      await run(tx, queueMail(deps, { tenantId, template: 'account_reactivated', userId, at }))
      return {}
    },
  )
}
