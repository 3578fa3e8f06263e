import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { identify } from '../machine/process-identity.ts'
import { makeThrowaway, type Throwaway } from '../processes/throwaway.ts'
import { type LoginName, type PostgresServer, prepareDatabase, startPostgres } from './index.ts'

describe('a throw-away Postgres', () => {
  let server: PostgresServer
  beforeAll(async () => void (server = await startPostgres()))
  afterAll(() => server.stop())

  it('is Postgres 15 and does not run as root', async () => {
    const rows = await query(server.superuserUrl, 'show server_version')

    expect(rows[0]?.server_version).toMatch(/^15\./)
    expect(ownerOf(Number(server.pid))).not.toBe(0)
  })

  it('gives a prepared database to iam_owner, and the others no special rights', async () => {
    await prepareDatabase(server, 'prepared')

    const [owned] = await query(
      server.urlFor('iam_owner', 'prepared'),
      `select pg_get_userbyid(datdba) as owner from pg_database where datname = 'prepared'`,
    )
    expect(owned?.owner).toBe('iam_owner')
    const powerful = await query(
      server.urlFor('iam_api', 'prepared'),
      `select from pg_roles where rolname like 'iam\\_%' and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole)`,
    )
    expect(powerful).toEqual([])
  })

  it('lets several prepare the same database at once', async () => {
    await Promise.all(Array.from({ length: 4 }, () => prepareDatabase(server, 'contended')))

    expect(await query(server.urlFor('iam_worker', 'contended'), 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('keeps committed data over SIGKILL and a restart', async () => {
    await query(server.superuserUrl, 'create table kept (id int)')
    await query(server.superuserUrl, 'checkpoint')
    const killed = Number(server.pid)

    await server.kill()
    await server.start()
    expect(identify(killed)).toBeUndefined()
    expect(await query(server.superuserUrl, 'select count(*)::int as n from kept')).toEqual([{ n: 0 }])

    const { port } = server
    await server.restart()
    expect(server.port).toBe(port)
    expect(await query(server.superuserUrl, 'select count(*)::int as n from kept')).toEqual([{ n: 0 }])
  })
})

describe('a Postgres with a data directory', () => {
  let home: Throwaway
  let dataDir: string
  const running: PostgresServer[] = []
  beforeEach(async () => {
    home = await makeThrowaway()
    dataDir = join(home.directory, 'data')
  })
  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop()
    home.end()
  })

  it('comes back with its data', async () => {
    const first = await start()
    await query(first.superuserUrl, 'create table kept (id int)')
    await first.stop()

    const second = await start()

    expect(await query(second.superuserUrl, 'select count(*)::int as n from kept')).toEqual([{ n: 0 }])
  })

  it('starts although the lock of a killed server names a process that is now another', async () => {
    await (await start()).stop()
    writeFileSync(join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n1\n5432\n\n127.0.0.1\n`)

    const server = await start()

    expect(await query(server.superuserUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('refuses a directory on which a server runs', async () => {
    const { pid } = await start()

    await expect(start()).rejects.toThrow(`Postgres already runs on ${dataDir}, as process ${pid}.`)
  })

  it('makes a new directory where an interrupted first run left half of one', async () => {
    mkdirSync(`${dataDir}.new/data`, { recursive: true })
    writeFileSync(`${dataDir}.new/data/half`, '')

    const server = await start()

    expect(await query(server.superuserUrl, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(existsSync(`${dataDir}.new`)).toBe(false)
  })

  it('lets nobody in without the password where passwords are given', async () => {
    const passwords: Record<LoginName, string> = {
      iam_owner: 'o',
      iam_api: 'a',
      iam_worker: 'w',
      postgres: 's',
    }
    const server = await start({ passwords })
    await prepareDatabase(server, 'iam')

    expect(await query(server.urlFor('iam_api', 'iam'), 'select 1 as one')).toEqual([{ one: 1 }])
    const stranger = server.urlFor('iam_api', 'iam').replace(':a@', ':wrong@')
    await expect(query(stranger, 'select 1')).rejects.toThrow(
      'password authentication failed for user "iam_api"',
    )
  })

  async function start(more: { passwords?: Record<LoginName, string> } = {}): Promise<PostgresServer> {
    const server = await startPostgres({ dataDir, surroundings: home, ...more })
    running.push(server)
    return server
  }
})

async function query(connectionString: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

function ownerOf(pid: number): number {
  return statSync(`/proc/${pid}`).uid
}
