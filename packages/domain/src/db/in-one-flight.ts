import type { Db, RowsOf, Statement } from './db.ts'
import { openScope, type Scope } from './scope.ts'

/**
 * Runs the statements as one transaction in one round trip, under the scope's tenant and streams. For hot
 * verbs: there is no reading a result and then deciding, so a verb that branches does it inside one statement.
 * @returns the rows of each statement, in order.
 */
export async function inOneFlight<const S extends readonly Statement<unknown>[]>(
  db: Pick<Db, 'flights' | 'eventsCommitted'>,
  scope: Scope,
  statements: S,
): Promise<{ readonly [K in keyof S]: RowsOf<S[K]> }> {
  const opening = openScope(scope)
  const results = await db.flights.fly([...opening, ...statements])
  if (scope.streams !== undefined) db.eventsCommitted?.()
  return results.slice(opening.length) as { readonly [K in keyof S]: RowsOf<S[K]> }
}
