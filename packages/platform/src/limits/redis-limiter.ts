import type { Redis } from 'ioredis'
import { RateLimiterRedis } from 'rate-limiter-flexible'
import { inSpan } from '../telemetry/index.ts'
import { InstanceCounts, type Counted } from './instance-counts.ts'
import type { Limiter, Rule, Taken } from './limiter.ts'

/** What every span of Redis says (OpenTelemetry, semantic conventions for databases). */
const redisSystem = { 'db.system.name': 'redis' }

interface Counts {
  readonly shared: RateLimiterRedis
  readonly own: InstanceCounts
}

/**
 * Counts in Redis, for all instances together, and besides in this process. The process's own count is the
 * insurance: it has counted along all the time, so that Redis going away, being slow or coming back empty gives
 * nobody a second helping here. It also answers by itself for a key that has used up everything right here, so
 * that a flood does not reach Redis.
 */
export class RedisLimiter implements Limiter {
  readonly #redis: Redis
  readonly #scale: number
  readonly #counts = new Map<string, Counts>()

  /** @param scale how many times its points every rule has. */
  constructor(redis: Redis, scale = 1) {
    this.#redis = redis
    this.#scale = scale
  }

  async take(rule: Rule, key: string): Promise<Taken> {
    const points = rule.points * this.#scale
    const { shared, own } = this.#countsOf(rule)
    const here = await own.take(rule, key)
    // The first refusal is still counted by everyone together: it is the one that is told of.
    if (here !== undefined && here.used > points + 1) return { points, ...here }
    const everywhere = await inSpan(`limit ${rule.name}`, redisSystem, () =>
      shared.penalty(key, 1, { customDuration: rule.seconds }),
    ).then(
      (counted): Counted => ({ used: counted.consumedPoints, resetIn: counted.msBeforeNext }),
      () => undefined,
    )
    if (everywhere === undefined) return { points, ...(here ?? (await own.takeOfCrowd(rule))) }
    return { points, ...(here !== undefined && here.used > everywhere.used ? here : everywhere) }
  }

  /** What Redis says, which a key may have been forgotten from by another instance; else what this one counted. */
  async used(rule: Rule, key: string): Promise<number> {
    const { shared, own } = this.#countsOf(rule)
    return shared.get(key).then(
      (counted) => counted?.consumedPoints ?? 0,
      () => own.used(key),
    )
  }

  async forget(rule: Rule, key: string): Promise<void> {
    const { shared, own } = this.#countsOf(rule)
    await own.forget(key)
    await shared.delete(key).catch(() => false)
  }

  #countsOf(rule: Rule): Counts {
    const known = this.#counts.get(rule.name)
    if (known !== undefined) return known
    const counts = {
      shared: new RateLimiterRedis({
        storeClient: this.#redis,
        points: rule.points,
        duration: rule.seconds,
        keyPrefix: `iam:limit:${rule.name}`,
      }),
      own: new InstanceCounts(rule),
    }
    this.#counts.set(rule.name, counts)
    return counts
  }
}
