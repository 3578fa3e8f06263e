import pg from 'pg'
import { NamedClient, nameOf } from './clients.ts'

interface FlightStatement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

type Rows = readonly Record<string, unknown>[]
type Answer = Error | readonly pg.QueryResult[]
type Written = string | Buffer | null
/** A statement whose values are as they go on the wire. */
type WrittenStatement = { readonly sql: string; readonly values: Written[] }

/** How pg writes a value. Its types do not know of it. */
const { prepareValue } = (pg as unknown as { utils: { prepareValue: (value: unknown) => Written } }).utils

/** The statements that flights have prepared on each connection, by their names. */
const prepared = new WeakMap<pg.Connection, Set<string>>()

/**
 * Several statements as one query of pg, which collects the result of each. They are written in one piece with a
 * single Sync behind them, so Postgres runs them as one transaction without being told to begin and commit: it
 * commits at the Sync, or undoes everything at the first error (PostgreSQL 15, 55.2.4 Pipelining).
 */
class Flight extends pg.Query {
  /** What the server said, once it has committed or undone everything. */
  readonly answer: Promise<Answer>
  /** Whether it has prepared statements: after an error nobody knows which of them the server still has. */
  prepares = false
  readonly #named: boolean
  readonly #statements: readonly WrittenStatement[]

  /** @param named statements are prepared under a name, once for each connection. */
  constructor(statements: readonly WrittenStatement[], named: boolean) {
    const { promise, resolve } = Promise.withResolvers<Answer>()
    super('', (error: Error | null | undefined, results) => resolve(error ?? [results].flat()))
    this.answer = promise
    this.#named = named
    this.#statements = statements
  }

  /** Called by pg when it is this query's turn to be sent. */
  override submit = (connection: pg.Connection): void => {
    connection.stream.cork()
    for (const { sql, values } of this.#statements) {
      connection.bind({ statement: this.#prepare(connection, sql), values }, true)
      connection.describe({ type: 'P', name: '' }, true)
      connection.execute({}, true)
    }
    connection.sync()
    connection.stream.uncork()
  }

  /** @returns the name to bind to; the empty one is good for one statement, and nothing is kept of it. */
  #prepare(connection: pg.Connection, text: string): string {
    const known = prepared.get(connection) ?? new Set()
    prepared.set(connection, known)
    // Not the name by which pg itself prepares the same text: neither knows what the other has prepared.
    const name = this.#named ? `flight-${nameOf(text)}` : ''
    if (known.has(name)) return name
    connection.parse({ name, text, types: [] }, true)
    if (!this.#named) return name
    known.add(name)
    this.prepares = true
    return name
  }
}

/**
 * Runs the statements as one transaction in one round trip.
 * @returns the rows of each statement. @throws the first error, and then nothing has happened.
 */
export async function fly(pool: pg.Pool, statements: readonly FlightStatement[]): Promise<Rows[]> {
  // Before anything is sent: a value that cannot be written must not leave half a flight on the wire.
  const written = statements.map(({ sql, parameters }) => {
    return { sql, values: parameters.map((value) => prepareValue(value)) }
  })
  const client = await pool.connect()
  const flight = new Flight(written, client instanceof NamedClient)
  client.query(flight)
  const answer = await flight.answer
  if (!(answer instanceof Error)) {
    client.release()
    return answer.map(({ rows }) => rows as Rows)
  }
  client.release(flight.prepares || isConnectionGone(answer) ? answer : undefined)
  throw answer
}

/** Only an error that the server itself reported, with its five-character state, leaves the connection usable. */
function isConnectionGone(error: Error): boolean {
  const { code } = error as { code?: unknown }
  return typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code) || /^(08|57P0)/.test(code)
}
