/** Those who wait, by the names on their path: first of what they belong to, then of what that is part of. */
export interface Lane<T> {
  readonly size: number
  /** @returns whoever finds no place: nobody, the newcomer, or one whose lane is longer than the newcomer's. */
  push(path: readonly string[], item: T): T | undefined
  /** Puts the newcomer in the place of one whose lane is longer. @returns that one, or the newcomer. */
  replace(path: readonly string[], item: T): T
  /** The one whose turn it is. */
  shift(): T | undefined
  /** The newest of the longest lane. */
  pop(): T | undefined
  /** @returns false when it does not wait here. */
  remove(path: readonly string[], item: T): boolean
}

/** First come, first served. */
export class Line<T> implements Lane<T> {
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  push(_path: readonly string[], item: T): undefined {
    this.#items.push(item)
  }

  replace(_path: readonly string[], item: T): T {
    return item
  }

  shift(): T | undefined {
    return this.#items.shift()
  }

  pop(): T | undefined {
    return this.#items.pop()
  }

  remove(_path: readonly string[], item: T): boolean {
    const at = this.#items.indexOf(item)
    if (at >= 0) this.#items.splice(at, 1)
    return at >= 0
  }
}

/**
 * A queue of lanes that take turns, however long each is. A lane that had no turn in this round goes before all
 * that had one (RFC 8290 4.2): whoever comes seldom waits for those who come seldom, not for everybody. When it is
 * full, the lane that takes up most gives up its newest, and counts as having had its turn.
 */
export class FairQueue<T> implements Lane<T> {
  readonly #most: number
  readonly #open: () => Lane<T>
  readonly #fresh = new Map<string, Lane<T>>()
  /** Those that had a turn in this round, the next to be served first; empty ones are forgotten when it is over. */
  readonly #served = new Map<string, Lane<T>>()
  #size = 0

  /** @param most how many may wait here. @param open makes a lane. */
  constructor(most: number, open: () => Lane<T>) {
    this.#most = most
    this.#open = open
  }

  get size(): number {
    return this.#size
  }

  push(path: readonly string[], item: T): T | undefined {
    return this.#size < this.#most ? this.#add(path, item) : this.replace(path, item)
  }

  replace([name = '', ...rest]: readonly string[], item: T): T {
    const own = this.#laneOf(name)
    const heaviest = this.#heaviest()
    if (heaviest === undefined || this.#weight(heaviest) <= this.#weight(name) + 1) {
      if (own === undefined) return item
      this.#countAsServed(name)
      return own.replace(rest, item)
    }
    const displaced = this.#laneOf(heaviest)?.pop()
    if (displaced === undefined) return item
    this.#size -= 1
    this.#countAsServed(heaviest)
    this.#add([name, ...rest], item)
    return displaced
  }

  shift(): T | undefined {
    for (const lanes of [this.#fresh, this.#served]) {
      for (const [name, lane] of lanes) {
        lanes.delete(name)
        const item = lane.shift()
        if (item === undefined) continue
        this.#served.set(name, lane)
        this.#size -= 1
        return item
      }
    }
    return undefined
  }

  pop(): T | undefined {
    const heaviest = this.#heaviest()
    const item = heaviest === undefined ? undefined : this.#laneOf(heaviest)?.pop()
    if (item !== undefined) this.#size -= 1
    return item
  }

  remove([name = '', ...rest]: readonly string[], item: T): boolean {
    const removed = this.#laneOf(name)?.remove(rest, item) ?? false
    if (removed) this.#size -= 1
    return removed
  }

  #add([name = '', ...rest]: readonly string[], item: T): T | undefined {
    let lane = this.#laneOf(name)
    if (lane === undefined) {
      lane = this.#open()
      this.#fresh.set(name, lane)
    }
    const displaced = lane.push(rest, item)
    if (displaced === undefined) this.#size += 1
    return displaced
  }

  #laneOf(name: string): Lane<T> | undefined {
    return this.#fresh.get(name) ?? this.#served.get(name)
  }

  /** What a lane takes up: those who wait in it, and the turn that it had. */
  #weight(name: string): number {
    return (this.#laneOf(name)?.size ?? 0) + (this.#served.has(name) ? 1 : 0)
  }

  /** The lane with somebody in it that takes up most. */
  #heaviest(): string | undefined {
    let found: string | undefined
    let weight = 0
    for (const [lanes, turns] of [
      [this.#served, 1],
      [this.#fresh, 0],
    ] as const) {
      for (const [name, { size }] of lanes) {
        if (size === 0 || size + turns <= weight) continue
        found = name
        weight = size + turns
      }
    }
    return found
  }

  #countAsServed(name: string): void {
    const lane = this.#fresh.get(name)
    if (lane === undefined) return
    this.#fresh.delete(name)
    this.#served.set(name, lane)
  }
}
