import type { Executor } from '../db/index.ts'
import { newId, ulidOf, type Id } from '../kit/index.ts'

/**
 * Deletes the person's key and everything in their row that tells who they were. Their address is free for somebody
 * else; what stands in its place is no address, so that nothing can be asked for by it.
 */
export async function forgetUser(
  db: Executor,
  { tenantId, userId, at }: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'>; readonly at: Date },
): Promise<void> {
  await db
    .deleteFrom('iam.user_key')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .execute()
  await db
    .updateTable('iam.user')
    .set({
      email: `erased-${ulidOf(newId('usr', at))}`,
      status: 'erased',
      locale: 'en',
      roles: [],
      email_verified_at: null,
      updated_at: at,
    })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .execute()
}
