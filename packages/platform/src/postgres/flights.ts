import pg from 'pg'
import { serialize } from 'pg-protocol'
import { NamedClient, nameOf } from './clients.ts'
import { RowShape, type Column, type Row } from './row-shape.ts'

interface FlightStatement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

type Rows = readonly Row[]
type Answer = Error | readonly Rows[]
type Written = string | Buffer | null
/** A statement whose values are as they go on the wire. */
type WrittenStatement = { readonly sql: string; readonly values: Written[] }

/** How pg writes a value. Its types do not know of it. */
const { prepareValue } = (pg as unknown as { utils: { prepareValue: (value: unknown) => Written } }).utils

/**
 * What flights have prepared on each connection, by name, and how its rows are read: the server is asked once.
 * Where a statement has no rows there is nothing to read.
 */
const prepared = new WeakMap<pg.Connection, Map<string, RowShape | undefined>>()

/**
 * Several statements as one query of pg. They are written in one piece with a single Sync behind them, so Postgres
 * runs them as one transaction without being told to begin and commit: it commits at the Sync, or undoes everything
 * at the first error (PostgreSQL 15, 55.2.4 Pipelining). pg calls the `handle` methods with what the server answers.
 */
class Flight extends pg.Query {
  /** What the server said, once it has committed or undone everything. */
  readonly answer: Promise<Answer>
  /** Whether it has prepared statements: after an error nobody knows which of them the server still has. */
  prepares = false
  readonly #named: boolean
  readonly #statements: readonly WrittenStatement[]
  readonly #rows: Row[][]
  readonly #settle: (answer: Answer) => void
  /** Of the statements that are known on the connection. */
  #shapes = new Map<string, RowShape | undefined>()
  /** Of the statement that is being answered, when it has just been described. */
  #shape: RowShape | undefined
  #answered = 0

  /** @param named statements are prepared under a name, once for each connection. */
  constructor(statements: readonly WrittenStatement[], named: boolean) {
    const { promise, resolve } = Promise.withResolvers<Answer>()
    const rows = statements.map((): Row[] => [])
    super('', (error: Error | null | undefined) => resolve(error ?? rows))
    this.answer = promise
    this.#named = named
    this.#statements = statements
    this.#rows = rows
    this.#settle = resolve
  }

  /** Called by pg when it is this query's turn to be sent. */
  override submit = (connection: pg.Connection): void => {
    this.#shapes = prepared.get(connection) ?? new Map<string, RowShape | undefined>()
    prepared.set(connection, this.#shapes)
    const messages = this.#statements.flatMap((statement) => this.#write(statement))
    connection.stream.write(Buffer.concat([...messages, serialize.sync()]))
  }

  handleRowDescription({ fields }: { fields: readonly Column[] }): void {
    this.#shape = new RowShape(fields)
    this.#shapes.set(this.#name, this.#shape)
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    const shape = this.#shape ?? this.#shapes.get(this.#name)
    try {
      const row = shape?.read(fields)
      if (row !== undefined) this.#rows[this.#answered]?.push(row)
    } catch (error) {
      this.#settle(error as Error)
    }
  }

  handleCommandComplete(): void {
    this.#shape = undefined
    this.#answered += 1
  }

  get #name(): string {
    return this.#nameOf(this.#statements[this.#answered]?.sql ?? '')
  }

  /** The empty name is good for one statement, and nothing is kept of it. */
  #nameOf(text: string): string {
    // Not the name by which pg itself prepares the same text: neither knows what the other has prepared.
    return this.#named ? `flight-${nameOf(text)}` : ''
  }

  #write({ sql, values }: WrittenStatement): Buffer[] {
    const name = this.#nameOf(sql)
    const bind = serialize.bind({ statement: name, values })
    const execute = serialize.execute()
    if (this.#named && this.#shapes.has(name)) return [bind, execute]
    this.prepares ||= this.#named
    this.#shapes.set(name, undefined)
    return [serialize.parse({ name, text: sql }), bind, serialize.describe({ type: 'P' }), execute]
  }
}

/**
 * Runs the statements as one transaction in one network round trip: they are sent in one piece, and Postgres commits
 * at its end, or undoes everything at the first error.
 * @returns the rows of each statement. @throws the first error. When the server reported it, nothing has happened;
 *   after a lost connection, or an answer that did not come in time, the transaction may have been committed.
 */
export async function fly(pool: pg.Pool, statements: readonly FlightStatement[]): Promise<readonly Rows[]> {
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
    return answer
  }
  client.release(flight.prepares || isConnectionGone(answer) ? answer : undefined)
  throw answer
}

/** Only an error that the server itself reported, with its five-character state, leaves the connection usable. */
function isConnectionGone(error: Error): boolean {
  const { code } = error as { code?: unknown }
  return typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code) || /^(08|57P0)/.test(code)
}
