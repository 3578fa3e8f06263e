import type { Redis } from 'ioredis'

const quiet = 10

/**
 * Tells subscribers of a channel that there is something to do: at once, then at most once in ten milliseconds,
 * however often it is called. Nothing is promised: who waits for a nudge looks by itself now and then.
 */
export class Nudge {
  readonly #redis: Redis
  readonly #channel: string
  #timer: NodeJS.Timeout | undefined
  #again = false

  constructor(redis: Redis, channel: string) {
    this.#redis = redis
    this.#channel = channel
  }

  send(): void {
    if (this.#timer !== undefined) {
      this.#again = true
      return
    }
    this.#redis.publish(this.#channel, '').catch(() => undefined)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (!this.#again) return
      this.#again = false
      this.send()
    }, quiet)
    this.#timer.unref()
  }
}

const quietly = {
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,
  commandTimeout: undefined,
  socketTimeout: undefined,
} as const

/** Calls `heard` for every nudge on a channel, on a connection of its own that comes back by itself. */
export function onNudge(redis: Redis, channel: string, heard: () => void): { close(): void } {
  // It waits for as long as there is nothing to hear, and for as long as Redis is away.
  const subscriber = redis.duplicate(quietly)
  subscriber.on('error', () => undefined)
  subscriber.on('message', heard)
  subscriber.subscribe(channel).catch(() => undefined)
  return { close: () => subscriber.disconnect() }
}
