export { Nudge, onNudge } from './nudge.ts'
export { openRedis, type Redis, type RedisConnection } from './open-redis.ts'
export { versionedCache } from './versioned-cache.ts'
