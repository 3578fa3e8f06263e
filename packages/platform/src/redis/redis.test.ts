import { type RedisServer, startRedis } from '@iam/local-stack/redis'
import { startTcpProxy, type TcpProxy } from '@iam/local-stack/tcp-proxy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Nudge, onNudge, openRedis, versionedCache } from './index.ts'

describe('Redis', () => {
  let server: RedisServer
  let proxy: TcpProxy
  beforeAll(async () => {
    server = await startRedis()
    proxy = await startTcpProxy({ port: server.port })
  })
  afterAll(async () => {
    proxy.close()
    await server.stop()
  })

  const viaProxy = () => openRedis(`redis://127.0.0.1:${proxy.port}`)
  /** Until a second passes in which nothing more is counted. */
  const untilQuiet = (count: () => number) => {
    let last = -1
    const isQuiet = () => last === (last = count())
    return expect.poll(isQuiet, { timeout: 30_000, interval: 1_000 }).toBe(true)
  }
  const connected = async (redis: ReturnType<typeof openRedis>) =>
    expect
      .poll(
        () =>
          redis.ping().then(
            () => true,
            () => false,
          ),
        { timeout: 30_000 },
      )
      .toBe(true)

  test('a nudge is heard over a slow line, after a cut, and by one who subscribed while Redis was away', async () => {
    proxy.slowDown(20)
    const sender = openRedis(server.url)
    const listener = viaProxy()
    const heard = { early: 0, late: 0 }
    const early = onNudge(listener.client, 'channel', () => (heard.early += 1))
    const nudge = new Nudge(sender.client, 'channel')
    await expect.poll(() => (nudge.send(), heard.early), { timeout: 30_000, interval: 50 }).toBeGreaterThan(0)
    proxy.refuse()
    proxy.cut()
    const late = onNudge(listener.client, 'channel', () => (heard.late += 1))
    await new Promise((resolve) => setTimeout(resolve, 300))
    await proxy.heal()
    heard.early = 0
    await expect
      .poll(() => (nudge.send(), Math.min(heard.early, heard.late)), { timeout: 30_000, interval: 50 })
      .toBeGreaterThan(0)
    for (const each of [early, late, sender, listener]) each.close()
  })

  test('many nudges at once are few on the line, and the last one is not forgotten', async () => {
    const sender = openRedis(server.url)
    const listener = openRedis(server.url)
    let heard = 0
    const subscription = onNudge(listener.client, 'burst', () => (heard += 1))
    const nudge = new Nudge(sender.client, 'burst')
    await expect.poll(() => (nudge.send(), heard), { timeout: 30_000 }).toBeGreaterThan(0)
    await untilQuiet(() => heard)
    heard = 0
    for (let n = 0; n < 100; n += 1) nudge.send()
    await expect.poll(() => heard, { timeout: 30_000 }).toBe(2)
    await untilQuiet(() => heard)
    expect(heard).toBe(2)
    for (const each of [subscription, sender, listener]) each.close()
  })

  test('a connection that falls silent is given up, holds nothing back, and comes back by itself', async () => {
    const redis = viaProxy()
    await connected(redis)
    proxy.fallSilent()
    await expect(redis.client.get('x')).rejects.toThrow('timed out')
    await expect.poll(() => redis.client.status, { timeout: 30_000 }).not.toBe('ready')
    await expect(redis.client.get('x')).rejects.toThrow('writeable')
    await proxy.heal()
    await connected(redis)
    redis.close()
  })

  test('a slow answer is waited for as long as commands may take, however long that is', async () => {
    const redis = openRedis(`redis://127.0.0.1:${proxy.port}`, { commandTimeout: 60_000 })
    await connected(redis)
    proxy.slowDown(1_500)
    await redis.client.set('slow', 'but here')
    expect(await redis.client.get('slow')).toBe('but here')
    await proxy.heal()
    redis.close()
  })

  test('an entry is never replaced by an older one, nor by one of its own age', async () => {
    const redis = openRedis(server.url, { commandTimeout: 5_000 })
    await connected(redis)
    const cache = versionedCache(redis.client)
    expect(await cache.get('k')).toBeUndefined()
    await cache.put('k', { version: 2.5, value: 'two and a half' }, 60_000)
    await cache.put('k', { version: 2.25, value: 'older' }, 60_000)
    await cache.put('k', { version: 2.5, value: 'the same' }, 60_000)
    expect(await cache.get('k')).toEqual({ version: 2.5, value: 'two and a half' })
    await cache.put('k', { version: 3, value: '' }, 60_000)
    expect(await cache.get('k')).toEqual({ version: 3, value: '' })
    expect(await redis.client.pttl('k')).toBeGreaterThan(50_000)
    redis.close()
  })
})
