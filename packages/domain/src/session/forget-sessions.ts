import { run, type Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { deleteReuses, deleteRotatedFrom } from './reuse-queries.ts'

/** Takes what is personal off the sessions of somebody who is erased. That there were sessions stays. */
export async function forgetSessions(
  db: Executor,
  { tenantId, userId }: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> },
): Promise<void> {
  await db
    .updateTable('iam.session')
    .set({ device: null, proved_device: null, seen_from: null, name: null })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .execute()
  await run(db, deleteRotatedFrom({ tenantId, userId }))
  await run(db, deleteReuses({ tenantId, userId }))
}
