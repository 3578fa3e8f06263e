/**
 * Seconds. The longest that the client waits before it tries again is a minute: when it says nothing for longer than
 * that, it listens.
 */
const quiet = 75

/** How long something has failed, of which each failure is told and success only now and then. */
export class Outage {
  readonly #now: () => number
  #first: number | undefined
  #last = 0

  /** @param now seconds, of a clock that nobody sets. */
  constructor(now: () => number = () => performance.now() / 1000) {
    this.#now = now
  }

  failed(): void {
    const now = this.#now()
    if (this.#isOver) this.#first = now
    this.#last = now
  }

  worked(): void {
    this.#first = undefined
  }

  /** Since the first failure; 0 when it worked since, or no failure was told for longer than tries are apart. */
  get seconds(): number {
    return this.#first === undefined || this.#isOver ? 0 : this.#now() - this.#first
  }

  get #isOver(): boolean {
    return this.#first === undefined || this.#now() - this.#last > quiet
  }
}
