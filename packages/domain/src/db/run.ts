import { CompiledQuery } from 'kysely'
import type { Executor } from './build.ts'
import type { RowsOf, Statement } from './db.ts'

/** Runs one statement on a transaction or a pool and returns its rows. */
export async function run<S extends Statement<unknown>>(db: Executor, statement: S): Promise<RowsOf<S>> {
  const result = await db.executeQuery(CompiledQuery.raw(statement.sql, [...statement.parameters]))
  return result.rows as unknown as RowsOf<S>
}
