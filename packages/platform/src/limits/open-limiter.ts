import type { Redis } from 'ioredis'
import type { Limiter } from './limiter.ts'
import { RedisLimiter } from './redis-limiter.ts'

/**
 * A limiter on Redis, with this process's own counts as its insurance.
 * @param scale how many times its points every rule has, or `off` to count nothing.
 */
export function openLimiter(redis: Redis, scale: number | 'off' = 1): Limiter {
  return scale === 'off' ? uncounted : new RedisLimiter(redis, scale)
}

const uncounted: Limiter = {
  take: async () => ({ points: Infinity, used: 0, resetIn: 0 }),
  used: async () => 0,
  forget: async () => undefined,
}
