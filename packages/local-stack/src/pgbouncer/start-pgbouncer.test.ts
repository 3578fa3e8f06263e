import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, prepareDatabase, startPostgres } from '../postgres/index.ts'
import { type PgbouncerServer, startPgbouncer } from './index.ts'

describe('startPgbouncer', () => {
  let postgres: PostgresServer
  let pgbouncer: PgbouncerServer
  beforeAll(async () => {
    postgres = await startPostgres()
    await prepareDatabase(postgres, 'iam')
    pgbouncer = await startPgbouncer({ postgresPort: postgres.port, poolMode: 'transaction', poolSize: 1 })
  })
  afterAll(async () => {
    await pgbouncer?.stop()
    await postgres?.stop()
  })

  it('shares one connection between clients that are not in a transaction', async () => {
    const [one, other] = await Promise.all([connect(), connect()])

    const backends = [await backendOf(one), await backendOf(other)]

    expect(backends[0]).toBe(backends[1])
    await Promise.all([one.end(), other.end()])
  })

  it('keeps other clients waiting while a transaction has the only connection', async () => {
    const [one, other] = await Promise.all([connect(), connect()])
    const order: string[] = []

    await one.query('begin')
    const waiting = backendOf(other).then(() => order.push('other'))
    await one.query('select pg_sleep(0.1)')
    order.push('one')
    await one.query('commit')
    await waiting

    expect(order).toEqual(['one', 'other'])
    await Promise.all([one.end(), other.end()])
  })

  async function connect(): Promise<Client> {
    const client = new Client({ connectionString: pgbouncer.urlFor('iam_api', 'iam') })
    await client.connect()
    return client
  }
})

async function backendOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid ?? 0
}
