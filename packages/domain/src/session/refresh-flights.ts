/**
 * Refreshes under way in this process. The same token presented from the same place while one is under way
 * shares its answer: it would get the same successor from the database anyway, for another transaction.
 */
export class RefreshFlights<T> {
  readonly #underWay = new Map<string, Promise<T>>()

  /** Joins the flight under `key`, or starts one. */
  async share(key: string, start: () => Promise<T>): Promise<T> {
    const joined = this.#underWay.get(key)
    if (joined !== undefined) return joined
    const started = start().finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, started)
    return started
  }
}
