import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'

/** Has the refreshes of a person's sessions say what is said of them now; their access tokens run out by themselves. */
export async function renewClaims(
  tx: Executor,
  { tenantId, userId }: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> },
): Promise<void> {
  await sql`
    update iam.refresh_family f
       set claims = (f.claims - 'roles') || iam.person_claims(f.tenant_id, f.user_id),
           claims_version = f.claims_version + 1
     where f.tenant_id = ${tenantId} and f.revoked_at is null and f.user_id = ${userId}
       and f.session_id in (select id from iam.session where tenant_id = ${tenantId} and user_id = ${userId})`.execute(
    tx,
  )
}
