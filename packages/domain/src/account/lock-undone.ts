import { appendAudit } from '../audit/index.ts'
import { run, type Executor } from '../db/index.ts'
import type { RequestOrigin } from '../kit/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { findTenantPolicy } from '../tenant/index.ts'
import { setUserStatus, type User } from '../user/index.ts'

/**
 * Locks the account of somebody who took a change of address back: whoever changed it knew the password, and would
 * do it again. A new one, chosen by mail, opens it. Nothing happens where nobody has a password, or to an account that
 * an administrator holds back.
 */
export async function lockUndone(
  tx: Executor,
  { user, at, origin }: { readonly user: User; readonly at: Date; readonly origin: RequestOrigin },
): Promise<void> {
  const { tenantId, id: userId } = user
  const policy = await findTenantPolicy(tx, tenantId)
  if (user.status !== 'active' || policy?.passwordLogin !== true) return
  const reason = 'email_change_undone'
  const actor = { type: 'user', id: userId } as const
  const target = { type: 'user', id: userId }
  const common = { tenantId, at, origin }
  await setUserStatus(tx, { tenantId, userId, at }, 'locked')
  await run(tx, appendAudit({ ...common, actor, action: 'user.locked', target, outcome: 'success', reason }))
  const event = { type: 'user.locked', payload: { userId, reason } } as const
  await run(tx, appendEvent({ ...common, aggregateId: userId, event }))
}
