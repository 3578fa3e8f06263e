import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'

/** Makes this month's audit partition and those of the months ahead, as far as they are missing. @returns how many. */
export async function ensureAuditPartitions(db: Executor, monthsAhead: number): Promise<number> {
  const made = await sql<{ made: number }>`
    select iam.ensure_audit_partitions(iam.now()::date, ${monthsAhead + 1}) as made`.execute(db)
  return made.rows[0]?.made ?? 0
}
