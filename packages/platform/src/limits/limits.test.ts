import { type RedisServer, startRedis } from '@iam/local-stack/redis'
import { startTcpProxy, type TcpProxy } from '@iam/local-stack/tcp-proxy'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openRedis, type RedisConnection } from '../redis/index.ts'
import { openLimiter, type Limiter, type Rule, type Taken } from './index.ts'
import { InstanceCounts } from './instance-counts.ts'

const rule: Rule = { name: 'test', points: 10, seconds: 60 }
const isAllowed = ({ used, points }: Taken) => used <= points

describe('a limiter', () => {
  let server: RedisServer
  let proxy: TcpProxy
  const connections: RedisConnection[] = []
  let keys = 0
  beforeAll(async () => {
    server = await startRedis()
    proxy = await startTcpProxy({ port: server.port })
  })
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close()
    await proxy.heal()
  })
  afterAll(async () => {
    proxy.close()
    await server.stop()
  })

  const newKey = () => `{ten_x}:${(keys += 1)}`

  async function connected(commandTimeout = 5_000): Promise<RedisConnection> {
    const redis = openRedis(`redis://127.0.0.1:${proxy.port}`, { commandTimeout })
    connections.push(redis)
    await expect.poll(() => answers(redis), { timeout: 30_000 }).toBe(true)
    return redis
  }

  const answers = (redis: RedisConnection) =>
    redis.ping().then(
      () => true,
      () => false,
    )

  const instance = async (): Promise<Limiter> => openLimiter((await connected()).client)

  const takeAtOnce = (limiter: Limiter, key: string, times: number) =>
    Promise.all(Array.from({ length: times }, () => limiter.take(rule, key)))

  test('C168: lets exactly its points through of 500 at once, over two instances', async () => {
    const [first, second] = [await instance(), await instance()]
    const key = newKey()
    const taken = await Promise.all([takeAtOnce(first, key, 250), takeAtOnce(second, key, 250)])
    expect(taken.flat().filter(isAllowed)).toHaveLength(rule.points)
  })

  /** What is left of a period a little after it began, in milliseconds. */
  const expectWithin = (left: number, period: number) => {
    expect(left).toBeLessThanOrEqual(period)
    expect(left).toBeGreaterThan(period / 2)
  }

  test('counts every key by itself, and each rule over its own period', async () => {
    const redis = await connected()
    const limiter = openLimiter(redis.client)
    const key = newKey()
    const hourly = { ...rule, name: 'hourly', seconds: 3600 }
    const first = await limiter.take(rule, key)
    expect(first).toMatchObject({ points: 10, used: 1 })
    expectWithin(first.resetIn, 60_000)
    expect(await limiter.take(rule, key)).toMatchObject({ used: 2 })
    expect(await limiter.take(rule, newKey())).toMatchObject({ used: 1 })
    const ofTheHour = await limiter.take(hourly, key)
    expect(ofTheHour).toMatchObject({ used: 1 })
    expectWithin(ofTheHour.resetIn, 3_600_000)
    expectWithin(await redis.client.pttl(`iam:limit:test:${key}`), 60_000)
    expectWithin(await redis.client.pttl(`iam:limit:hourly:${key}`), 3_600_000)
  })

  test('begins anew after the period, and leaves nothing behind', async () => {
    const redis = await connected()
    const limiter = openLimiter(redis.client)
    const short = { name: 'short', points: 1, seconds: 10 }
    const key = newKey()
    await limiter.take(short, key)
    expect(isAllowed(await limiter.take(short, key))).toBe(false)
    await expect.poll(() => redis.client.exists(`iam:limit:short:${key}`), { timeout: 30_000 }).toBe(0)
    await expect.poll(async () => isAllowed(await limiter.take(short, key)), { timeout: 30_000 }).toBe(true)
  })

  test('keeps a flood from Redis: beyond the first refusal the instance answers by itself', async () => {
    const redis = await connected()
    const key = newKey()
    await takeAtOnce(openLimiter(redis.client), key, 200)
    expect(await redis.client.get(`iam:limit:test:${key}`)).toBe(String(rule.points + 1))
  })

  test.each([
    ['is gone', () => (proxy.refuse(), proxy.cut())],
    ['falls silent', () => proxy.fallSilent()],
    ['is slow', () => proxy.slowDown(400)],
  ])('C168: when Redis %s it goes on from what the instance has counted', async (_what, breakIt) => {
    const limiter = openLimiter((await connected(150)).client)
    const key = newKey()
    await takeAtOnce(limiter, key, 6)
    breakIt()
    const taken = await takeAtOnce(limiter, key, 100)
    expect(taken.filter(isAllowed)).toHaveLength(4)
    expect((await takeAtOnce(limiter, newKey(), 100)).filter(isAllowed)).toHaveLength(rule.points)
  })

  test('C168: Redis that comes back empty gives nobody a second helping', async () => {
    const redis = await connected()
    const limiter = openLimiter(redis.client)
    const key = newKey()
    await takeAtOnce(limiter, key, 8)
    await redis.client.flushall()
    const taken = await takeAtOnce(limiter, key, 100)
    expect(taken.filter(isAllowed)).toHaveLength(2)
    // Exactly one of them is the first refusal, which is the one that is recorded.
    expect(taken.filter(({ used, points }) => used === points + 1)).toHaveLength(1)
  })

  test('says how much was used, forgets when told to, and believes Redis of what others forgot', async () => {
    const [first, second] = [await instance(), await instance()]
    const key = newKey()
    await takeAtOnce(first, key, 3)
    expect(await second.used(rule, key)).toBe(3)
    await second.forget(rule, key)
    expect(await first.used(rule, key)).toBe(0)
    proxy.refuse()
    proxy.cut()
    expect(await first.used(rule, key)).toBe(3)
    await first.forget(rule, key)
    expect(await first.used(rule, key)).toBe(0)
  })

  test('has more points by its scale, or counts nothing', async () => {
    const redis = await connected()
    const key = newKey()
    expect(await openLimiter(redis.client, 7).take(rule, key)).toMatchObject({ points: 70, used: 1 })
    const off = openLimiter(redis.client, 'off')
    expect(await off.take(rule, newKey())).toEqual({ points: Infinity, used: 0, resetIn: 0 })
    expect(await off.used(rule, key)).toBe(0)
  })

  test('counts so many keys by themselves and the others as one crowd: neither memory nor a way around', async () => {
    const counts = new InstanceCounts(rule, 2)
    expect(await counts.take(rule, 'a')).toMatchObject({ used: 1 })
    expect(await counts.take(rule, 'b')).toMatchObject({ used: 1 })
    expect(await counts.take(rule, 'c')).toBeUndefined()
    expect(await counts.take(rule, 'a')).toMatchObject({ used: 2 })
    await counts.takeOfCrowd(rule)
    expect(await counts.takeOfCrowd(rule)).toMatchObject({ used: 2 })
  })
})
