import { sql } from 'kysely'
import { monthOf, type AuditMonth } from '../audit/index.ts'
import type { Executor } from '../db/index.ts'

/** A month that left the database. */
export interface ArchivedMonth {
  readonly month: AuditMonth
  readonly rows: number
  readonly parts: number
  /** SHA-256 of its manifest in the cold store. */
  readonly manifest: Buffer
  /** The number of the head that it was held against; 0 for a month without events. */
  readonly head: number
}

/** Notes that a month is in the cold store, and leaves the database. */
export async function insertArchived(tx: Executor, archived: ArchivedMonth, at: Date): Promise<void> {
  const { month, rows, parts, manifest, head } = archived
  await sql`
    insert into iam.audit_archive (month, row_count, parts, manifest, head, archived_at)
    values (${`${month.name}-01`}::date, ${rows}, ${parts}, ${manifest}, ${head}, ${at})`.execute(tx)
}

/** The months that left the database, the oldest first. */
export async function archivedMonths(db: Executor): Promise<ArchivedMonth[]> {
  const found = await sql<Omit<ArchivedMonth, 'month'> & { readonly month: string }>`
    select to_char(month, 'YYYY-MM') as month, row_count::float8 as rows, parts, manifest, head::float8 as head
      from iam.audit_archive order by iam.audit_archive.month`.execute(db)
  return found.rows.map((row) => ({ ...row, month: monthOf(new Date(`${row.month}-01T00:00:00Z`)) }))
}

/** From when on events are in the database; undefined when none ever left it. */
export async function hotFrom(db: Executor): Promise<Date | undefined> {
  return (await archivedMonths(db)).at(-1)?.month.to
}
