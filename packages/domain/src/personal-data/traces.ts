import { sql, type RawBuilder } from 'kysely'
import type { Executor } from '../db/index.ts'
import { personalTables } from './registry.ts'
import type { Erasure, Person } from './rules.ts'
import type { TableName } from './tables.ts'

/** How much a table has of a person. */
export interface Trace {
  readonly table: TableName
  readonly rows: number
}

/** What each table that an erasure clears has of a person. Of a transaction under the person’s tenant. */
export async function tracesOf(tx: Executor, person: Person): Promise<Trace[]> {
  return count(tx, person, () => sql`true`)
}

/** What an erasure should have cleared and did not: nothing, afterwards. */
export async function remainsOf(tx: Executor, person: Person): Promise<Trace[]> {
  return count(tx, person, (blanked) =>
    blanked === undefined
      ? sql`true`
      : sql`(${sql.join(
          blanked.map((column) => sql`${sql.ref(column)} is not null`),
          sql` or `,
        )})`,
  )
}

/** @param condition of the rows to count, by the columns that are blanked; undefined where rows are deleted. */
async function count(
  tx: Executor,
  person: Person,
  condition: (blanked: readonly string[] | undefined) => RawBuilder<unknown>,
): Promise<Trace[]> {
  const counts = personalTables.flatMap(([table, store], place) => {
    const blanked = store.erasure === 'deleted' ? undefined : blankedBy(store.erasure)
    if (blanked?.length === 0) return []
    const theirs = (store.surelyOf ?? store.of)(person)
    return [
      sql`select ${place}::int as place, count(*)::int as rows from ${sql.table(`iam.${table}`)}
           where tenant_id = ${person.tenantId} and ${theirs} and ${condition(blanked)}`,
    ]
  })
  const counted = await sql<{ place: number; rows: number }>`
    select * from (${sql.join(counts, sql` union all `)}) c where rows > 0`.execute(tx)
  const found = new Map(counted.rows.map(({ place, rows }) => [place, rows]))
  return personalTables.flatMap(([table], place) => {
    const rows = found.get(place)
    return rows === undefined ? [] : [{ table, rows }]
  })
}

function blankedBy(erasure: Exclude<Erasure, 'deleted'>): string[] {
  return Object.entries(erasure.but).flatMap(([column, what]) => (what === 'blanked' ? [column] : []))
}
