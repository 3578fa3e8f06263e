import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Rule } from './limiter.ts'

export interface Counted {
  readonly used: number
  readonly resetIn: number
}

/** Most keys that one rule counts in this process by themselves: some 20 MB of them. */
const mostKeys = 50_000
const crowd = 'crowd'

/**
 * What this process has counted under one rule. Its memory is bounded: when there are too many keys, those that
 * come later are one crowd, which has one key's points together.
 */
export class InstanceCounts {
  readonly #memory: RateLimiterMemory
  readonly #most: number
  #keys = 0

  constructor(rule: Rule, most = mostKeys) {
    this.#memory = new RateLimiterMemory({
      points: rule.points,
      duration: rule.seconds,
      keyPrefix: rule.name,
    })
    this.#most = most
  }

  /** Takes a point. @returns undefined when there is no room to count this key by itself. */
  async take(rule: Rule, key: string): Promise<Counted | undefined> {
    if (this.#keys >= this.#most && (await this.#memory.get(key)) === null) return undefined
    return this.#take(rule, key)
  }

  /** Takes one of the points of the keys for which there was no room. */
  async takeOfCrowd(rule: Rule): Promise<Counted> {
    return this.#take(rule, crowd)
  }

  async used(key: string): Promise<number> {
    return (await this.#memory.get(key))?.consumedPoints ?? 0
  }

  async forget(key: string): Promise<void> {
    await this.#memory.delete(key)
  }

  async #take({ seconds }: Rule, key: string): Promise<Counted> {
    const counted = await this.#memory.penalty(key, 1, { customDuration: seconds })
    if (counted.isFirstInDuration) this.#holdFor(seconds)
    return { used: counted.consumedPoints, resetIn: counted.msBeforeNext }
  }

  /** The limiter forgets a key after its period by itself, and does not say so. */
  #holdFor(seconds: number): void {
    this.#keys += 1
    setTimeout(() => (this.#keys -= 1), seconds * 1000).unref()
  }
}
