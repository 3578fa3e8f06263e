import { run } from '../db/index.ts'
import { endExports } from '../data-request/index.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { endSessionsOf } from '../session/index.ts'
import { setUserStatus } from '../user/index.ts'
import type { AdministrationDeps } from './administer.ts'
import { administerUser, requireSuccessor, type UserCall } from './administer-user.ts'
import type { UserView } from './view-user.ts'

/**
 * Keeps a person out until somebody reactivates them: every session ends, and nothing logs them in. They are told
 * by mail.
 * @throws Refusal what `administerUser` refuses, and `not_allowed` for the last owner, unless an operator asks.
 */
export async function suspendUser(deps: AdministrationDeps, call: UserCall): Promise<UserView> {
  return administerUser(
    deps,
    call,
    { action: 'user.suspended', vacates: true, endsSessions: true },
    async (acting) => {
      const { tx, user, roles, administrator, at } = acting
      if (user.status === 'suspended') return { changed: false }
      if (administrator.type !== 'operator') await requireSuccessor(acting, roles)
      const { tenantId, userId, origin } = call
      const actor = { type: administrator.type, id: administrator.id }
      const common = { tenantId, at, origin }
      await setUserStatus(tx, { tenantId, userId, at }, 'suspended')
      await endExports(tx, { tenantId, userId, at })
      const ended = await endSessionsOf(tx, { ...common, userId, actor, reason: 'user_suspended' })
      const event = { type: 'user.suspended', payload: { userId, actor } } as const
      await run(tx, appendEvent({ ...common, aggregateId: userId, event }))
      await run(tx, queueMail(deps, { tenantId, template: 'account_suspended', userId, at }))
      return { ended }
    },
  )
}
