import { appendAudit } from '../audit/index.ts'
import { run, type Executor } from '../db/index.ts'
import type { RequestOrigin } from '../kit/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { markEmailVerified, type User } from './queries.ts'

/**
 * Records that a person reads mail sent to their address, with audit and event. Their stream must be in the
 * transaction's scope. @returns false when they have another address by now, or had confirmed it.
 */
export async function confirmEmail(
  tx: Executor,
  { tenantId, id: userId, email }: User,
  { at, origin }: { readonly at: Date; readonly origin: RequestOrigin },
): Promise<boolean> {
  if (!(await markEmailVerified(tx, { tenantId, userId, at }, email))) return false
  const common = { tenantId, at, origin }
  const target = { type: 'user', id: userId }
  const actor = { type: 'user', id: userId } as const
  await run(tx, appendAudit({ ...common, actor, action: 'user.email_verified', target, outcome: 'success' }))
  const event = { type: 'user.email_verified', payload: { userId } } as const
  await run(tx, appendEvent({ ...common, aggregateId: userId, event }))
  return true
}
