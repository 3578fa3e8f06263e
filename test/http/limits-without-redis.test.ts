import { startRedis, type RedisServer } from '@iam/local-stack/redis'
import { startTcpProxy, type TcpProxy } from '@iam/local-stack/tcp-proxy'
import { logIn } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'

/** Two instances of one deployment, on a Redis of their own that is broken in every way. */
describe('limits while Redis is not what it should be', () => {
  let redis: RedisServer
  let proxy: TcpProxy
  let first: TestApp
  let second: TestApp
  beforeAll(async () => {
    redis = await startRedis()
    proxy = await startTcpProxy({ port: redis.port })
    const shared = { limits: 1, redisUrl: `redis://127.0.0.1:${proxy.port}` }
    first = await openApp(shared)
    second = await openApp({ ...shared, database: first.world.database, clock: first.world.testClock })
  })
  afterAll(async () => {
    await Promise.all([first.close(), second.close()])
    proxy.close()
    await redis.stop()
  })

  let networks = 0

  const guessFrom = (open: TestApp, network: string, n: number) =>
    open.app.inject({
      method: 'POST',
      url: '/api/v1/auth/login',
      headers: { 'x-tenant-id': 'acme', 'x-forwarded-for': network },
      payload: { email: `n${n}-${network}@acme.example`, password: 'a wrong password' },
    })

  /** How many of so many guesses at once, by one network, were verified. Every other one was refused for its limit. */
  async function verified(open: TestApp, network: string, times: number): Promise<number> {
    const sent = await Promise.all(Array.from({ length: times }, (_, n) => guessFrom(open, network, n)))
    const statuses = sent.map(({ statusCode }) => statusCode)
    expect(new Set([...statuses, 401, 429])).toEqual(new Set([401, 429]))
    for (const { headers } of sent) expect(headers['ratelimit-policy']).toBe('"login";q=10;w=60')
    return statuses.filter((status) => status === 401).length
  }

  const newNetwork = () => `10.1.0.${(networks += 1)}`

  const connected = async () => {
    for (const { world } of [first, second])
      await expect
        .poll(
          () =>
            world.redis.ping().then(
              () => true,
              () => false,
            ),
          { timeout: 30_000 },
        )
        .toBe(true)
  }

  test('counts both instances together while it is there', async () => {
    const one = await openApp({ limits: 1 })
    const another = await openApp({ limits: 1, database: one.world.database, clock: one.world.testClock })
    const network = newNetwork()
    expect((await verified(one, network, 6)) + (await verified(another, network, 20))).toBe(10)
    await Promise.all([one.close(), another.close()])
  })

  test.each([
    ['gone', () => (proxy.refuse(), proxy.cut())],
    ['silent', () => proxy.fallSilent()],
    ['slow', () => proxy.slowDown(400)],
  ])(
    'C168: %s: each instance holds the limit by itself, from what it has counted',
    async (_what, breakIt) => {
      await connected()
      const [begun, fresh] = [newNetwork(), newNetwork()]
      expect(await verified(first, begun, 7)).toBe(7)
      breakIt()
      expect(await verified(first, begun, 20)).toBe(3)
      expect(await verified(first, fresh, 20)).toBe(10)
      expect(await verified(second, fresh, 20)).toBe(10)
      await proxy.heal()
      await connected()
      expect(await verified(first, begun, 5)).toBe(0)
    },
  )

  test('C168: empty again: whoever had used up the limit at an instance has done so there', async () => {
    await connected()
    const network = newNetwork()
    expect(await verified(first, network, 8)).toBe(8)
    await redis.stop()
    redis = await startRedis({ port: redis.port })
    await connected()
    expect(await verified(first, network, 20)).toBe(2)
  })

  test('logs in and refreshes without it', async () => {
    proxy.refuse()
    proxy.cut()
    const { refreshToken } = await logIn(first.world)
    const refreshed = await first.app.inject({
      method: 'POST',
      url: '/api/v1/auth/refresh',
      payload: { refreshToken },
    })
    expect(refreshed.statusCode).toBe(200)
    expect(refreshed.headers['ratelimit']).toBe('"refresh";r=59;t=60')
    await proxy.heal()
  })
})
