import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'

/** A month of the audit trail: its first moment in UTC, and the first of the next one. */
export interface AuditMonth {
  /** As `2026-08`. */
  readonly name: string
  readonly from: Date
  /** Exclusive. */
  readonly to: Date
}

/** The month that a time belongs to. */
export function monthOf(time: Date): AuditMonth {
  const [year, month] = [time.getUTCFullYear(), time.getUTCMonth()]
  const from = new Date(Date.UTC(year, month))
  return { name: from.toISOString().slice(0, 7), from, to: new Date(Date.UTC(year, month + 1)) }
}

/** The months that the database has a partition for, the oldest first. */
export async function auditMonths(db: Executor): Promise<AuditMonth[]> {
  const found = await sql<{ month: string }>`
    select replace(right(c.relname, 7), '_', '-') as month
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'iam.audit_event'::regclass order by 1`.execute(db)
  return found.rows.map(({ month }) => monthOf(new Date(`${month}-01T00:00:00Z`)))
}

/** How many events a month has, of all tenants. */
export async function countAuditMonth(db: Executor, { from, to }: AuditMonth): Promise<number> {
  const found = await sql<{ n: number }>`
    select count(*)::float8 as n from iam.audit_event e
     where e.occurred_at >= ${from} and e.occurred_at < ${to}`.execute(db)
  return found.rows[0]?.n ?? 0
}

/** Lets nobody write to a month until the transaction ends. */
export async function holdAuditMonth(tx: Executor, { name }: AuditMonth): Promise<void> {
  await sql`select iam.hold_audit_month(${`${name}-01`}::date)`.execute(tx)
}

/**
 * Drops a month that the archive has. @throws when it has not, when the month is not over for thirty days, and when
 * somebody else holds the table for longer than a moment.
 */
export async function dropAuditMonth(tx: Executor, { name }: AuditMonth): Promise<void> {
  await sql`select iam.drop_audit_month(${`${name}-01`}::date)`.execute(tx)
}
