import { expect, test } from 'vitest'
import { SessionCache, type VersionedCache } from './index.ts'

test('an entry that cannot be read counts as none, and is told of', async () => {
  const cutShort: VersionedCache = {
    get: async () => ({ version: 1, value: '{"sessionId":"ses_' }),
    put: async () => undefined,
  }
  const told: string[] = []
  const cache = new SessionCache(cutShort, (key) => told.push(key))
  expect(await cache.find('ten_x', 'grt_y')).toBeUndefined()
  expect(told).toEqual(['{ten_x}:session:grt_y'])
})
