import { run } from '../db/index.ts'
import { Refusal } from '../kit/index.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { endSessionsOf } from '../session/index.ts'
import { setUserStatus } from '../user/index.ts'
import type { AdministrationDeps } from './administer.ts'
import { administerUser, requireSuccessor, type UserCall } from './administer-user.ts'
import type { UserView } from './view-user.ts'

/**
 * Stops an account that may be in wrong hands: every session ends, and no password opens it until an administrator
 * unlocks it or the person chooses a new one by mail. They are told so.
 * @throws Refusal what `administerUser` refuses, `not_allowed` for the last owner, unless an operator asks, and
 *   `wrong_state` for one who is suspended.
 */
export async function lockUser(deps: AdministrationDeps, call: UserCall): Promise<UserView> {
  return administerUser(
    deps,
    call,
    { action: 'user.locked', vacates: true, endsSessions: true },
    async (acting) => {
      const { tx, user, roles, administrator, at } = acting
      if (user.status === 'locked') return { changed: false }
      if (user.status !== 'active') throw new Refusal('wrong_state', { detail: 'The account is suspended.' })
      if (administrator.type !== 'operator') await requireSuccessor(acting, roles)
      const { tenantId, userId, origin } = call
      const actor = { type: administrator.type, id: administrator.id }
      const common = { tenantId, at, origin }
      await setUserStatus(tx, { tenantId, userId, at }, 'locked')
      const ended = await endSessionsOf(tx, { ...common, userId, actor, reason: 'user_locked' })
      const event = { type: 'user.locked', payload: { userId, reason: 'administrator', actor } } as const
      await run(tx, appendEvent({ ...common, aggregateId: userId, event }))
      const params = { by: 'administrator' }
      await run(tx, queueMail(deps, { tenantId, template: 'account_locked', userId, params, at }))
      return { ended }
    },
  )
}
