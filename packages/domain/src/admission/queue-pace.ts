import { randomInt } from 'node:crypto'
import type { Monotonic } from '../kit/index.ts'

/** What is said while no turn has ended yet, in seconds. */
const unknown = 2
const longest = 30
/** How much of the pace is what the newest turn took. */
const share = 0.2

/** How long turns take, and with that when somebody who is refused may well find a place. */
export class QueuePace {
  readonly #monotonic: Monotonic | undefined
  /** Milliseconds, the recent turns counting most. */
  #turn: number | undefined

  constructor(monotonic: Monotonic | undefined) {
    this.#monotonic = monotonic
  }

  /** Begins a turn. @returns what ends it. */
  begin(): () => void {
    const startedAt = this.#monotonic?.()
    return () => {
      if (startedAt === undefined || this.#monotonic === undefined) return
      const took = this.#monotonic() - startedAt
      this.#turn = this.#turn === undefined ? took : this.#turn + share * (took - this.#turn)
    }
  }

  /**
   * When those who wait will have had their turn, in seconds; up to half as long again, so that those who are refused
   * together do not come back together.
   */
  secondsFor(waiting: number, atATime: number): number {
    if (this.#turn === undefined) return unknown
    const wait = (waiting * this.#turn) / atATime
    const spread = wait * (1 + randomInt(501) / 1000)
    return Math.min(longest, Math.max(1, Math.ceil(spread / 1000)))
  }
}
