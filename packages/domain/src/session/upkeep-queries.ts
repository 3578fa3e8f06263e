import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'

/** Deletes revocations that no cached session can be older than. @returns how many went. */
export async function deleteOldRevocations(db: Executor): Promise<number> {
  const deleted = await sql`
    delete from iam.session_revocation where revoked_at < iam.now() - interval '25 hours'`.execute(db)
  return Number(deleted.numAffectedRows ?? 0n)
}
