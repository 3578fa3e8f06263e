import type pg from 'pg'

interface FlightStatement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

type Rows = readonly Record<string, unknown>[]

/**
 * BEGIN, the statements and COMMIT on one connection, all sent before the first answer is read.
 * @returns the rows of each statement. @throws the first error, or an error when COMMIT did not commit.
 */
export async function fly(pool: pg.Pool, statements: readonly FlightStatement[]): Promise<Rows[]> {
  const client = await pool.connect()
  const sent = [
    client.query('begin'),
    ...statements.map(({ sql, parameters }) => client.query(sql, parameters as unknown[])),
    client.query('commit'),
  ]
  const answers = await Promise.allSettled(sent)
  const failed = answers.find((answer) => answer.status === 'rejected')
  // After an error the server answered COMMIT with a rollback, so the connection is clean unless it is gone.
  client.release(failed !== undefined && isConnectionGone(failed.reason) ? asError(failed.reason) : undefined)
  if (failed !== undefined) throw asError(failed.reason)
  const results = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  if (results.at(-1)?.command !== 'COMMIT') throw new Error('The transaction was rolled back.')
  return results.slice(1, -1).map((result) => result.rows as Rows)
}

/** Only an error that the server itself reported, with its five-character state, leaves the connection usable. */
function isConnectionGone(reason: unknown): boolean {
  const { code } = reason as { code?: unknown }
  return typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code) || /^(08|57P0)/.test(code)
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
