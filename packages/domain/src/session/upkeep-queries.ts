import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'

/** Deletes revocations that no cached session can be older than. @returns how many went. */
export async function deleteOldRevocations(db: Executor): Promise<number> {
  const deleted = await sql`
    delete from iam.session_revocation where revoked_at < iam.now() - interval '25 hours'`.execute(db)
  return Number(deleted.numAffectedRows ?? 0n)
}

/**
 * Deletes sessions of all tenants that ran out 90 days ago and more, with their grants and refresh families: audit
 * keeps their story. A device that was not used for so long is a new one again.
 * @returns how many sessions went, at most `limit`.
 */
export async function deleteOldSessions(db: Executor, { limit }: { limit: number }): Promise<number> {
  const deleted = await sql`
    with old as materialized (
      select s.tenant_id, s.id from iam.session s
       where s.expires_at < iam.now() - interval '90 days'
         and not exists (select from iam."grant" g
                          where g.tenant_id = s.tenant_id and g.session_id = s.id
                            and g.expires_at >= iam.now() - interval '90 days')
       limit ${limit}
    ),
    families as (
      delete from iam.refresh_family f using old
       where f.tenant_id = old.tenant_id and f.session_id = old.id
    ),
    grants as (
      delete from iam."grant" g using old where g.tenant_id = old.tenant_id and g.session_id = old.id
    )
    delete from iam.session s using old where s.tenant_id = old.tenant_id and s.id = old.id`.execute(db)
  return Number(deleted.numAffectedRows ?? 0n)
}

/** Where the walk over the revocations stands. */
export interface RevocationCursor {
  readonly xid: string
  readonly id: string
}

export const beforeAllRevocations: RevocationCursor = { xid: '0', id: '0' }

/** Revocations of all tenants after the cursor, in the order of their transactions, as far as all have ended. */
export async function revocationsAfter(
  db: Executor,
  { xid, id }: RevocationCursor,
  limit: number,
): Promise<(RevocationCursor & { readonly tenantId: string; readonly grantId: string })[]> {
  const read = await sql<RevocationCursor & { tenantId: string; grantId: string }>`
    select xid::text as xid, id::text as id, tenant_id as "tenantId", grant_id as "grantId"
      from iam.session_revocation
     where ended and (xid, id) > (${xid}::xid8, ${id}::bigint) and xid < pg_snapshot_xmin(pg_current_snapshot())
     order by iam.session_revocation.xid, iam.session_revocation.id limit ${limit}`.execute(db)
  return read.rows
}
