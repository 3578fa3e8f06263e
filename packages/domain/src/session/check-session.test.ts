import { startTcpProxy } from '@iam/local-stack/tcp-proxy'
import { logIn, openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { checkSession, logOut, type IssuedSession } from './index.ts'

describe('checkSession', () => {
  let world: World
  let other: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    other = await openWorld(inject('services'), { database: world.database, clock: world.testClock })
  })
  afterAll(async () => {
    await Promise.all([world.close(), other.close()])
  })

  const token = (issued: IssuedSession) => verifyAccessToken(world, issued.accessToken)
  const check = (issued: IssuedSession, instance = world) => checkSession(instance, token(issued))
  const end = (issued: IssuedSession) => logOut(world, { ...token(issued), origin: world.origin })

  async function waitsOf(work: () => Promise<unknown>, instance = world): Promise<number> {
    const before = instance.waits.count
    await work().catch(() => undefined)
    return instance.waits.count - before
  }

  test('asks no database after a login, and says what the session is', async () => {
    const issued = await logIn(world)
    await world.revocations.poll()
    expect(await waitsOf(() => check(issued))).toBe(0)
    expect(await check(issued)).toMatchObject({
      sessionId: issued.session.id,
      email: 'ada@acme.example',
      amr: ['pwd'],
    })
  })

  test('C161: refuses at once on every instance after a logout, without asking the database', async () => {
    const issued = await logIn(world)
    await check(issued, other)
    await end(issued)
    for (const instance of [world, other]) {
      await expect(check(issued, instance)).rejects.toMatchObject({ code: 'session_ended' })
      expect(await waitsOf(() => check(issued, instance), instance)).toBe(0)
    }
  })

  test('hears of a revocation from the feed when its tombstone is lost with the cache', async () => {
    const issued = await logIn(world)
    const entry = await world.redis.client.get(`{${world.acme}}:session:${token(issued).grantId}`)
    await other.revocations.poll()
    await end(issued)
    await world.redis.client.set(`{${world.acme}}:session:${token(issued).grantId}`, entry ?? '')
    expect((await check(issued, other)).sessionId).toBe(issued.session.id) // for a second: the feed is polled then
    await other.revocations.poll()
    await expect(check(issued, other)).rejects.toMatchObject({ code: 'session_ended' })
  })

  test('reads the database when the feed is older than five seconds', async () => {
    const issued = await logIn(world)
    await world.testClock.advance(5)
    expect(await waitsOf(() => check(issued))).toBe(1)
    await world.revocations.poll()
    expect(await waitsOf(() => check(issued))).toBe(0)
  })

  test('does not believe a cached session from before the feed began', async () => {
    const issued = await logIn(world)
    const late = await openWorld(inject('services'), { database: world.database, clock: world.testClock })
    expect(await waitsOf(() => check(issued, late), late)).toBe(1)
    await late.revocations.poll()
    expect(await waitsOf(() => check(issued, late), late)).toBe(0)
    await late.close()
  })

  test.each(['', 'x', '0', '0 ', '0 {"sessionId":"ses_', '0 null', '0 {}', '0 [1]', 'NaN 5'])(
    'takes a cached %j for nothing, and puts what the database says in its place',
    async (kept) => {
      const issued = await logIn(world)
      await world.redis.client.set(`{${world.acme}}:session:${token(issued).grantId}`, kept)
      expect((await check(issued)).sessionId).toBe(issued.session.id)
      await world.revocations.poll()
      expect(await waitsOf(() => check(issued))).toBe(0)
    },
  )

  test('never fills a tombstone over', async () => {
    const issued = await logIn(world)
    const { tenantId, grantId } = token(issued)
    const cached = await world.sessionCache.find(tenantId, grantId)
    await end(issued)
    if (cached === undefined || cached === 'ended') throw new Error('not cached')
    await world.sessionCache.fill(tenantId, grantId, { ...cached, asOf: cached.asOf + 60_000 }, world.clock())
    expect(await world.sessionCache.find(tenantId, grantId)).toBe('ended')
  })

  test('reads the database while Redis is away, and goes back to the cache when it is there again', async () => {
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
    await behind.revocations.poll()
    expect(await waitsOf(() => check(issued, behind), behind)).toBe(0)
    proxy.refuse()
    proxy.cut()
    expect((await check(issued, behind)).sessionId).toBe(issued.session.id)
    expect(await waitsOf(() => check(issued, behind), behind)).toBe(1)
    await proxy.heal()
    const waits = async () => {
      await behind.revocations.poll()
      return waitsOf(() => check(issued, behind), behind)
    }
    await expect.poll(waits, { timeout: 30_000 }).toBe(0)
    await behind.close()
    proxy.close()
  })

  test('C60: refuses a session whose time is over', async () => {
    const issued = await logIn(world)
    const verified = token(issued)
    await world.testClock.advance(28_801)
    await expect(checkSession(world, verified)).rejects.toMatchObject({ code: 'session_ended' })
  })
})
