import { startTcpProxy } from '@iam/local-stack/tcp-proxy'
import { auditOf, logIn, openWorld, type World } from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { deleteOldOrigins } from '../login-attempt/index.ts'
import {
  beforeAllRevocations,
  buryEndedSessions,
  deleteOldSessions,
  logInBrowserWithPassword,
  logOut,
} from './index.ts'

const tables = ['session', 'grant', 'refresh_family', 'known_origin'] as const

describe('the upkeep of sessions', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  async function counts(): Promise<number[]> {
    const counted = tables.map(async (table) => {
      const rows = await sql<{
        count: number
      }>`select count(*)::int as count from ${sql.table(`iam.${table}`)}`.execute(world.admin)
      return rows.rows[0]?.count ?? 0
    })
    return Promise.all(counted)
  }

  const tidy = async (limit = 100) => {
    const { kysely } = world.workerDb
    return [await deleteOldSessions(kysely, { limit }), await deleteOldOrigins(kysely, { limit })]
  }

  test('deletes what ran out 90 days ago, of all tenants, in batches, and nothing that is younger; audit keeps the story', async () => {
    const { acme: tenantId, globex, origin, demo } = world
    const [{ email }, other] = demo.tenants
    const sessions = []
    for (let n = 0; n < 3; n += 1) sessions.push(await logIn(world))
    await logInBrowserWithPassword(world, {
      tenantId,
      email,
      password: demo.password,
      previous: undefined,
      origin,
    })
    const foreign = { tenantId: globex, email: other.email, password: demo.password, previous: undefined }
    await logInBrowserWithPassword(world, { ...foreign, origin })
    expect(await tidy()).toEqual([0, 0])
    // As if it had been 90 days and the eight hours of a session ago. The clock stays: keys do not live that long.
    const { admin } = world
    const old = sql`now() - interval '91 days'`
    const ofAcme = sessions.slice(0, 2).map(({ session }) => session.id)
    await sql`update iam.session set expires_at = ${old} where id = any(${ofAcme}) or tenant_id = ${globex}`.execute(
      admin,
    )
    await sql`update iam."grant" set expires_at = ${old} where session_id = any(${ofAcme})`.execute(admin)
    await sql`update iam.refresh_family set ends_at = ${old} where session_id = any(${ofAcme})`.execute(admin)
    await sql`update iam.known_origin set last_seen_at = ${old} where tenant_id = ${globex}`.execute(admin)
    expect(await counts()).toEqual([5, 3, 3, 2])
    expect(await tidy(2)).toEqual([2, 1])
    expect(await tidy(2)).toEqual([1, 0])
    expect(await counts()).toEqual([2, 1, 1, 1])
    for (const id of ofAcme) expect((await auditOf(world, id)).join()).toContain('user.login_succeeded')
  })

  test('C161: covers what is cached of a session that ended while Redis was away, as soon as it is back', async () => {
    const proxy = await startTcpProxy({
      host: '127.0.0.1',
      port: Number(new URL(inject('services').redisUrl).port),
    })
    const behind = await openWorld(inject('services'), {
      database: world.database,
      clock: world.testClock,
      redisUrl: `redis://127.0.0.1:${proxy.port}`,
      redisTimeout: 5_000,
    })
    const issued = await logIn(behind)
    const { tenantId, grantId } = verifyAccessToken(behind, issued.accessToken)
    const key = `{${tenantId}}:session:${grantId}`
    expect(await world.redis.client.get(key)).toContain('ada@acme.example')
    proxy.refuse()
    proxy.cut()
    await logOut(behind, { tenantId, grantId, origin: behind.origin })
    const bury = (sessionCache = behind.sessionCache, from = beforeAllRevocations) =>
      buryEndedSessions({ kysely: world.workerDb.kysely, sessionCache }, from)
    // It sees the revocation once no older transaction of the server is open, and then cannot go past it.
    await expect.poll(() => bury().catch(() => 'away'), { timeout: 20_000 }).toBe('away')
    expect(await world.redis.client.get(key)).toContain('ada@acme.example')
    await proxy.heal()
    await expect
      .poll(
        () =>
          bury().then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true)
    await expect.poll(() => world.redis.client.get(key)).not.toContain('ada@acme.example')
    await expect.poll(() => world.sessionCache.find(tenantId, grantId)).toBe('ended')
    // The cursor goes on from there: nothing is walked twice, and nothing new is left out.
    const cursor = await bury()
    expect(await bury(world.sessionCache, cursor)).toEqual(cursor)
    await behind.close()
    proxy.close()
  })
})
