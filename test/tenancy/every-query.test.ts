import { verifyAccessToken } from '@iam/domain/access-token'
import { inTenant } from '@iam/domain/db'
import { checkSession, logInWithPassword, logOut, refreshSession, RefreshFlights } from '@iam/domain/session'
import { readProfile, registerUser } from '@iam/domain/user'
import type { Sent } from '@iam/platform/postgres'
import { logIn, openWorld, type World } from '@iam/testkit/world'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'

/** What a tenant's own statements are not: they set it, or ask for what no tenant owns. */
const notOfATenant = [
  /^(begin|commit|rollback)$/,
  /set_config/,
  /^select pg_advisory_xact_lock\(k\)/,
  /"iam"\."directory"/,
  /iam\.status_list_entry as e/,
  /pg_snapshot_xmin/,
  /"iam"\."(signing_key|secret_key)"/,
  /^select iam\.now\(\)/,
]

/** Everything that people do, so that every statement of the path is sent at least once. */
async function journey(world: World): Promise<void> {
  const { acme: tenantId, origin } = world
  const instance = () => ({ ...world, refreshFlights: new RefreshFlights<never>() as never })
  await registerUser(world, {
    tenantId,
    email: 'grace@acme.example',
    password: 'a long enough password',
    origin,
  })
  const wrong = { tenantId, email: 'grace@acme.example', password: 'wrong', origin }
  await logInWithPassword(world, wrong).catch(() => undefined)
  const first = await logIn(world)
  await world.forget()
  const token = verifyAccessToken(world, first.accessToken)
  await checkSession(world, token)
  await readProfile(world, token)
  const second = await refreshSession(instance(), { refreshToken: first.refreshToken, origin })
  await refreshSession(instance(), { refreshToken: first.refreshToken, origin })
  await refreshSession(instance(), { refreshToken: second.refreshToken, origin })
  await logOut(world, { tenantId, grantId: token.grantId, origin })
}

describe('row-level security', () => {
  let world: World
  let api: pg.Client
  let sent: Sent[]
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    world.waits.sent.length = 0
    await journey(world)
    const texts = new Map(world.waits.sent.map((statement) => [statement.sql, statement]))
    sent = [...texts.values()].filter(({ sql }) => !notOfATenant.some((pattern) => pattern.test(sql)))
    api = new pg.Client({ connectionString: world.database.urlFor('iam_api') })
    await api.connect()
  })
  afterAll(async () => {
    await api.end()
    await world.close()
  })

  /** Runs a statement under a tenant, or none, and undoes it. @returns rows found or changed; -1 when Postgres refused. */
  async function reach({ sql, parameters }: Sent, tenantId: string | undefined): Promise<number> {
    await api.query('begin')
    try {
      if (tenantId !== undefined) await api.query("select set_config('app.tenant_id', $1, true)", [tenantId])
      const result = await api.query(sql, [...parameters])
      return result.rowCount ?? 0
    } catch (error) {
      expect((error as { code?: string }).code).toMatch(/^(42501|23505)$/) // refused by policy, or sent already
      return -1
    } finally {
      await api.query('rollback')
    }
  }

  test('knows the statements of the whole path', () => {
    expect(sent.length).toBeGreaterThanOrEqual(20)
    const tables = new Set(
      sent.flatMap(({ sql }) => [...sql.matchAll(/"?iam"?\."?([a-z_]+)/g)].map((match) => match[1])),
    )
    for (const table of [
      'user',
      'credential',
      'user_key',
      'tenant',
      'client',
      'session',
      'grant',
      'refresh_family',
      'audit_event',
      'outbox',
    ]) {
      expect(tables).toContain(table)
    }
  })

  test('reaches something with the right tenant: otherwise the tests below would prove nothing', async () => {
    const reads = sent.filter(({ sql }) => sql.startsWith('select'))
    const reached: number[] = []
    for (const statement of reads) reached.push(await reach(statement, world.acme))
    expect(reached.filter((rows) => rows > 0).length).toBeGreaterThanOrEqual(reads.length - 2)
  })

  test.each([
    ['C221: no tenant', () => undefined],
    ['C221: an empty tenant', () => ''],
    ["C221: the text 'null'", () => 'null'],
    ['C217: another tenant', () => world.globex],
  ])('lets no statement reach a row with %s', async (_what, tenant) => {
    for (const statement of sent) {
      const rows = await reach(statement, tenant())
      if (statement.sql.includes('iam.end_session(')) continue // answers false: see below
      expect({ sql: statement.sql, rows: Math.max(rows, 0) }).toEqual({ sql: statement.sql, rows: 0 })
    }
  })

  test('C217: ends no session of another tenant', async () => {
    const issued = await logIn(world)
    await api.query('begin')
    await api.query("select set_config('app.tenant_id', $1, true)", [world.globex])
    const ended = await api.query<{ ended: boolean }>("select iam.end_session($1, $2, 'x', now()) as ended", [
      world.acme,
      issued.session.id,
    ])
    await api.query('rollback')
    expect(ended.rows).toEqual([{ ended: false }])
  })

  test('C225: refuses to write a row of another tenant', async () => {
    const { globex: tenantId, origin, demo } = world
    await logInWithPassword(world, {
      tenantId,
      email: demo.tenants[1].email,
      password: demo.password,
      origin,
    })
    await expect(
      inTenant(world.db, { tenantId: world.globex }, (tx) =>
        tx.updateTable('iam.session').set({ tenant_id: world.acme }).execute(),
      ),
    ).rejects.toMatchObject({ code: '42501' })
  })

  test('C222: leaves no tenant behind on a connection, whatever became of its transaction', async () => {
    const count = async () => (await world.db.kysely.selectFrom('iam.user').select('id').execute()).length
    const fail = inTenant(world.db, { tenantId: world.acme }, async () => {
      throw new Error('on purpose')
    })
    await expect(fail).rejects.toThrow('on purpose')
    await expect(
      world.db.flights.fly([
        { sql: "select set_config('app.tenant_id', $1, true)", parameters: [world.acme] },
        { sql: 'select 1/0', parameters: [] },
      ]),
    ).rejects.toThrow('division')
    const users = await Promise.all(Array.from({ length: 40 }, count))
    expect(new Set(users)).toEqual(new Set([0]))
  })
})
