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

/**
 * Runs statements as one transaction in one network round trip: BEGIN, the statements and COMMIT are sent
 * without waiting for each other. Rejects with the first error, or when COMMIT answered anything else; nothing
 * of a rejected flight stands, except when the connection was lost while COMMIT was on its way.
 */
export interface Flights {
  fly(statements: readonly Statement<unknown>[]): Promise<readonly (readonly Row[])[]>
}

/** What a process hands to verbs: the query builder on a pool, and flights on the same pool. */
export interface Db {
  readonly kysely: Kysely<DB>
  readonly flights: Flights
  /** Called after a transaction that may have appended events has committed: the relay can look now. */
  readonly eventsCommitted?: () => void
}
