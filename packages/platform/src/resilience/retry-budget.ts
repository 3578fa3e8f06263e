export interface RetryBudgetOptions {
  /** How many retries a call pays for: 0.1 is one in ten. */
  readonly share?: number
  /** How many a second there are besides, so that who seldom calls may retry at all. */
  readonly perSecond?: number
  /** The most that are saved up. */
  readonly most?: number
  /** Milliseconds. */
  readonly monotonic: () => number
}

/**
 * How often may be tried again, over all calls: so an outage is not multiplied by everybody's retries just when there
 * is least to spare.
 */
export class RetryBudget {
  readonly #options: Required<RetryBudgetOptions>
  #left: number
  #asOf: number

  constructor({ share = 0.1, perSecond = 0.2, most = 10, monotonic }: RetryBudgetOptions) {
    this.#options = { share, perSecond, most, monotonic }
    this.#left = most
    this.#asOf = monotonic()
  }

  /** Counts a call, which pays for its share. */
  add(): void {
    this.#save(this.#options.share)
  }

  /** @returns whether there is a retry left; it is spent then. */
  spend(): boolean {
    this.#save(0)
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }

  #save(more: number): void {
    const { monotonic, perSecond, most } = this.#options
    const now = monotonic()
    this.#left = Math.min(most, this.#left + more + ((now - this.#asOf) / 1000) * perSecond)
    this.#asOf = now
  }
}
