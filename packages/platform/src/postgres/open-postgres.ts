import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterwards, inSpan } from '../telemetry/index.ts'
import { NamedClient, PipelinedClient, type ClientOptions } from './clients.ts'
import { fly } from './flights.ts'
import { summaryOf } from './summary-of.ts'

export interface PostgresOptions {
  readonly url: string
  /** Most connections. */
  readonly poolSize: number
  /**
   * Milliseconds to wait for an answer, 35 s by default; a little more than the login's statement_timeout. A connection that went
   * silent is given up then, instead of after the minutes that TCP takes to notice.
   */
  readonly answerWithin?: number
  /** Milliseconds to wait for a connection, 2 s by default. */
  readonly connectWithin?: number
  /** `transaction` behind a pooler that hands out connections by transaction: nothing is prepared by name then. */
  readonly pooler?: 'none' | 'transaction'
  /** Called with the error of a connection that was lost; the pool replaces it by itself. */
  readonly onLost?: (error: Error) => void
  /** Called for each value of a statement before it is written: for those that wait for what the caller does not hold. */
  readonly beforeWriting?: (value: unknown) => void
  /** Called once for every time that a caller waits on the network for this database, with what was sent. */
  readonly onWait?: (sent: readonly Sent[]) => void
}

export interface Sent {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/** What every span of the database says (OpenTelemetry, semantic conventions for databases). */
const system = { 'db.system.name': 'postgresql' }

/** A pool, the query builder on it, and flights on it. */
export interface Postgres<DB> {
  readonly kysely: Kysely<DB>
  readonly flights: {
    fly(statements: readonly Sent[]): Promise<Record<string, unknown>[][]>
  }
  /** Rejects when the database does not answer. */
  readonly ping: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Opens a pool. Connecting happens with the first query; a connection that cannot be had in two seconds is an error. */
export function openPostgres<DB>(options: PostgresOptions): Postgres<DB> {
  const pool = new pg.Pool(poolOptions(options))
  const lost = (error: Error) => options.onLost?.(error)
  pool.on('error', lost)
  // The pool listens to its idle clients alone: without this, a connection cut in use would end the process.
  pool.on('connect', (client) => client.on('error', lost))
  const wait = options.onWait ?? (() => undefined)
  const kysely = new Kysely<DB>({
    dialect: new PostgresDialect({ pool }),
    log: (event) => {
      if (event.level !== 'query') return
      wait([event.query])
      afterwards(event.queryDurationMillis, () => ({
        name: summaryOf(event.query.sql),
        attributes: { ...system, 'db.query.summary': summaryOf(event.query.sql) },
      }))
    },
  })
  return {
    kysely,
    flights: {
      fly: async (statements) => {
        for (const { parameters } of statements)
          for (const value of parameters) options.beforeWriting?.(value)
        wait(statements)
        const flying = inSpan('flight', system, () => fly(pool, statements))
        return (await flying) as Record<string, unknown>[][]
      },
    },
    ping: async () => {
      await pool.query('select 1')
    },
    close: () => kysely.destroy(),
  }
}

function poolOptions(options: PostgresOptions): pg.PoolConfig & ClientOptions {
  return {
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: options.connectWithin ?? 2_000,
    query_timeout: options.answerWithin ?? 35_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    beforeWriting: options.beforeWriting,
    Client: options.pooler === 'transaction' ? PipelinedClient : NamedClient,
  }
}
