/** Chance that comes out the same for the same seed (mulberry32). */
export class Seeded {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** Up to 1, without it. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number up to `end`, without it. */
  below(end: number): number {
    return Math.floor(this.fraction() * end)
  }

  /** One of them. @throws when there is none. */
  pick<const T>(among: readonly T[]): T {
    const [picked] = among.slice(this.below(among.length))
    if (picked === undefined) throw new Error('There is nothing to pick from.')
    return picked
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items]
    return items.map(() => left.splice(this.below(left.length), 1)).flat()
  }
}
