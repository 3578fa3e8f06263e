import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import { personalTables } from './registry.ts'
import type { Person } from './rules.ts'
import type { TableName } from './tables.ts'

/** How much a store has of a person. */
export interface Trace {
  readonly table: TableName
  readonly rows: number
}

/** How many rows each table has of a person, where it has any. Of a transaction under the person's tenant. */
export async function tracesOf(tx: Executor, person: Person): Promise<Trace[]> {
  const counts = await sql<{ place: number; rows: number }>`${sql.join(
    personalTables.map(
      (
        [table, store],
        place,
      ) => sql`(select ${place}::int as place, count(*)::int as rows from ${sql.table(`iam.${table}`)}
        where tenant_id = ${person.tenantId} and ${(store.surelyOf ?? store.of)(person)})`,
    ),
    sql` union all `,
  )}`.execute(tx)
  const found = new Map(counts.rows.map(({ place, rows }) => [place, rows]))
  return personalTables.flatMap(([table], place) => {
    const rows = found.get(place) ?? 0
    return rows === 0 ? [] : [{ table, rows }]
  })
}
