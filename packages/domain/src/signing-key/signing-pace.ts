import { setTimeout } from 'node:timers/promises'
import type { Monotonic } from '../kit/index.ts'

/** Milliseconds between two signatures after a quota was found used up, and at most. */
const firstPause = 500
const longestPause = 4_000

/**
 * How fast signatures are asked for: no faster than the share of the quota that this instance may use, and slower for a
 * while after KMS said that it is used up.
 */
export class SigningPace {
  readonly #interval: number
  readonly #monotonic: Monotonic
  readonly #sleep: (ms: number) => Promise<unknown>
  #next = Number.NEGATIVE_INFINITY
  #pause = firstPause

  /** @param perSecond the most signatures a second. @param monotonic milliseconds. */
  constructor(
    perSecond: number,
    monotonic: Monotonic,
    sleep: (ms: number) => Promise<unknown> = (ms) => setTimeout(ms),
  ) {
    this.#sleep = sleep
    this.#interval = 1000 / perSecond
    this.#monotonic = monotonic
  }

  /** Waits until the next signature may be asked for. */
  async wait(): Promise<void> {
    const now = this.#monotonic()
    const at = Math.max(now, this.#next)
    this.#next = at + this.#interval
    // A timer is no finer than a millisecond.
    if (at - now >= 1) await this.#sleep(at - now)
  }

  /** The quota is used up: everybody waits, twice as long each time. */
  slowDown(): void {
    this.#next = Math.max(this.#next, this.#monotonic() + this.#pause)
    this.#pause = Math.min(longestPause, this.#pause * 2)
  }

  /** The quota is there again. */
  goOn(): void {
    this.#pause = firstPause
  }
}
