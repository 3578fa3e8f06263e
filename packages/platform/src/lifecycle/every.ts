export interface Repeating {
  /** Runs once more as soon as it can: now, or when the run under way has ended. */
  nudge(): void
  /** No further run; resolves when the one under way has ended. */
  stop(): Promise<void>
}

/**
 * Runs `work` again and again, `interval` milliseconds after each end. One run at a time.
 * @param onError hears of every rejection; the next run comes all the same.
 */
export function every(
  interval: number,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): Repeating {
  return new Loop(interval, work, onError)
}

class Loop implements Repeating {
  readonly #interval: number
  readonly #work: () => Promise<void>
  readonly #onError: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #again = false
  #stopped = false

  constructor(interval: number, work: () => Promise<void>, onError: (error: unknown) => void) {
    this.#interval = interval
    this.#work = work
    this.#onError = onError
    this.#schedule(interval)
  }

  nudge(): void {
    if (this.#running !== undefined) this.#again = true
    else this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#running
  }

  #schedule(delay: number): void {
    if (!this.#stopped) this.#timer = setTimeout(() => this.#run(), delay)
  }

  #run(): void {
    if (this.#stopped) return
    clearTimeout(this.#timer)
    this.#running = this.#work()
      .catch(this.#onError)
      .finally(() => {
        this.#running = undefined
        this.#schedule(this.#again ? 0 : this.#interval)
        this.#again = false
      })
  }
}
