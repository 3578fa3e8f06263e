import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import { makeThrowaway } from '../processes/throwaway.ts'
import { type RedisServer, startRedis } from './index.ts'

describe('startRedis', () => {
  let server: RedisServer | undefined
  afterEach(() => server?.stop())

  it('starts an empty Redis of its own', async () => {
    server = await startRedis()

    expect(await ask(server, (redis) => redis.dbsize())).toBe(0)
    expect(await ask(server, (redis) => redis.eval('return 2 * 21', 0))).toBe(42)
  })

  it('comes back on the same port after a kill, without what was not saved', async () => {
    server = await startRedis()
    const { port } = server
    await ask(server, (redis) => redis.set('key', 'value'))

    await server.kill()
    await expect(ask(server, (redis) => redis.ping())).rejects.toThrow('Connection is closed.')
    await server.start()

    expect(server.port).toBe(port)
    expect(await ask(server, (redis) => redis.get('key'))).toBeNull()
  })

  it('saves to its own directory when it is stopped', async () => {
    const home = await makeThrowaway()
    const dir = join(home.directory, 'kept')
    const first = await startRedis({ dir, surroundings: home })
    await ask(first, (redis) => redis.set('key', 'value'))
    await first.stop()

    const second = await startRedis({ dir, surroundings: home })

    expect(await ask(second, (redis) => redis.get('key'))).toBe('value')
    home.end()
  })
})

async function ask<T>({ url }: RedisServer, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
  redis.on('error', () => {}) // the question itself fails, which is what the test looks at
  try {
    await redis.connect()
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}
