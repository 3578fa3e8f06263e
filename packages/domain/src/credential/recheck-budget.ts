/** How many passwords are looked for among breached ones at a time, after logins: each is held in memory meanwhile. */
export class RecheckBudget {
  readonly #most: number
  #running = 0

  constructor(most: number) {
    this.#most = most
  }

  /** @returns what ends the turn, to be called once; undefined when there is none to be had. */
  take(): (() => void) | undefined {
    if (this.#running >= this.#most) return undefined
    this.#running += 1
    return () => {
      this.#running -= 1
    }
  }
}
