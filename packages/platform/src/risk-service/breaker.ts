/** Failures in a row after which nobody is asked for a while. */
const mostFailures = 5
/** Milliseconds. */
const pause = 10_000

/** Asks nobody for ten seconds after five failures in a row; then one call finds out whether it works again. */
export class Breaker {
  readonly #monotonic: () => number
  #failures = 0
  #closedUntil = Number.NEGATIVE_INFINITY

  /** @param monotonic milliseconds. */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  /** @throws what `work` throws, or at once while nobody is asked. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const now = this.#monotonic()
    if (this.#failures >= mostFailures) {
      if (now < this.#closedUntil) throw new Error('It has failed too often and is not asked for now.')
      this.#closedUntil = now + pause // for everybody but this one call
    }
    try {
      const result = await work()
      this.#failures = 0
      return result
    } catch (error) {
      this.#failures += 1
      this.#closedUntil = this.#monotonic() + pause
      throw error
    }
  }
}
