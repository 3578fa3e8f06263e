export interface BreakerOptions {
  /** Failures in a row after which nobody is asked for a while. */
  readonly mostFailures?: number
  /** How long, in milliseconds. */
  readonly pause?: number
  /** Whether an error says that it does not work, and not just that this call was wrong. */
  readonly isFailure?: (error: unknown) => boolean
  /** Milliseconds. */
  readonly monotonic: () => number
}

/** What a call is refused with while nobody is asked. */
export class OpenBreakerError extends Error {
  override readonly name = 'OpenBreakerError'
}

/** Asks nobody for ten seconds after five failures in a row; then one call finds out whether it works again. */
export class Breaker {
  readonly #options: Required<BreakerOptions>
  #failures = 0
  #openUntil = Number.NEGATIVE_INFINITY

  constructor({ mostFailures = 5, pause = 10_000, isFailure = () => true, monotonic }: BreakerOptions) {
    this.#options = { mostFailures, pause, isFailure, monotonic }
  }

  /** Half open: the pause is over, and the next call finds out. */
  get state(): 'closed' | 'open' | 'half_open' {
    if (this.#failures < this.#options.mostFailures) return 'closed'
    return this.#options.monotonic() < this.#openUntil ? 'open' : 'half_open'
  }

  /** @throws what `work` throws, or an `OpenBreakerError` at once while nobody is asked. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { state } = this
    if (state === 'open') throw new OpenBreakerError('It has failed too often and is not asked for now.')
    if (state === 'half_open') this.#pause() // for everybody but this one call
    try {
      const result = await work()
      this.#failures = 0
      return result
    } catch (error) {
      if (this.#options.isFailure(error)) this.#fail()
      else this.#failures = 0
      throw error
    }
  }

  #fail(): void {
    this.#failures += 1
    this.#pause()
  }

  #pause(): void {
    this.#openUntil = this.#options.monotonic() + this.#options.pause
  }
}
