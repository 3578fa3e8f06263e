import type { Redis } from 'ioredis'
import { inSpan } from '../telemetry/index.ts'

/** Entries are `<version> <value>`. A lower version never replaces a higher one, in one step inside Redis. */
const putNewer = `
local held = redis.call('GET', KEYS[1])
if held then
  local version = tonumber(string.match(held, '^%S+'))
  if version and version >= tonumber(ARGV[1]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
return 1`

type WithPutNewer = Redis & {
  putNewer(key: string, version: string, value: string, ttl: string): Promise<number>
}

/** What every span of Redis says (OpenTelemetry, semantic conventions for databases). */
const redisSystem = { 'db.system.name': 'redis' }

/** A cache on Redis whose entries are never replaced by older ones. Rejects when Redis cannot be asked. */
export function versionedCache(redis: Redis) {
  redis.defineCommand('putNewer', { numberOfKeys: 1, lua: putNewer })
  return {
    async get(key: string): Promise<{ version: number; value: string } | undefined> {
      const held = await inSpan('GET', redisSystem, () => redis.get(key))
      if (held === null) return undefined
      const space = held.indexOf(' ')
      return { version: Number(held.slice(0, space)), value: held.slice(space + 1) }
    },
    /** @param ttl milliseconds. */
    async put(key: string, entry: { version: number; value: string }, ttl: number): Promise<void> {
      const milliseconds = String(Math.max(1, Math.round(ttl)))
      const put = async () =>
        (redis as WithPutNewer).putNewer(key, String(entry.version), entry.value, milliseconds)
      await inSpan('EVALSHA', redisSystem, put)
    },
  }
}
