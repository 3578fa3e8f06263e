import type { CompiledQuery, Kysely } from 'kysely'
import type { DB } from './database.generated.ts'

export type Row = Record<string, unknown>

/** SQL text with its values, and (for the compiler alone) the type of the rows it answers. */
export interface Statement<R = Row> {
  readonly sql: string
  readonly parameters: readonly unknown[]
  readonly row?: R
}

/** The rows of a statement: a compiled Kysely query is a statement too, and says their type itself. */
export type RowsOf<S> =
  S extends CompiledQuery<infer O> ? readonly O[] : S extends Statement<infer R> ? readonly R[] : never

export interface Flights {
  /**
   * Runs the statements as one transaction in one network round trip: they are sent in one piece, and Postgres commits
   * at its end, or undoes everything at the first error.
   * @returns the rows of each statement. @throws the first error. When the server reported it, nothing has happened;
   *   after a lost connection, or an answer that did not come in time, the transaction may have been committed.
   */
  fly(statements: readonly Statement<unknown>[]): Promise<readonly (readonly Row[])[]>
}

/** What a process hands to verbs: the query builder on a pool, and flights on the same pool. */
export interface Db {
  readonly kysely: Kysely<DB>
  readonly flights: Flights
  /** Called after a transaction that may have appended events has committed: the relay can look now. */
  readonly eventsCommitted?: () => void
}
