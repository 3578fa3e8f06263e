import { statusListTimes } from '../status-list-token/index.ts'

/** A list as this worker wrote it last. */
export interface PublishedList {
  readonly generation: string
  /** Seconds since the epoch. */
  readonly iat: number
  /** What it was signed by and says of keys: with another it is due. */
  readonly says: string
  /** When it is signed anew, in milliseconds since the epoch. */
  readonly dueAt: number
}

/**
 * What one leader knows of the lists that it published. It starts with nothing, so that the first round of a leader
 * builds every list; from then on a list is built when a slot of it changed, or it is due.
 */
export class PublishedLists {
  readonly #lists = new Map<number, PublishedList>()
  readonly #changed = new Set<number>()
  #epoch: string | undefined
  cursor: string | undefined

  /** Forgets everything where the lease was another's in between. */
  under(epoch: string): void {
    if (this.#epoch === epoch) return
    this.#epoch = epoch
    this.#lists.clear()
    this.#changed.clear()
    this.cursor = undefined
  }

  get(shard: number): PublishedList | undefined {
    return this.#lists.get(shard)
  }

  /** These have to be built, whenever that works. */
  change(shards: readonly number[]): void {
    for (const shard of shards) this.#changed.add(shard)
  }

  isDue(shard: number, { now, says }: { readonly now: number; readonly says: string }): boolean {
    const list = this.#lists.get(shard)
    if (list === undefined || this.#changed.has(shard) || list.says !== says) return true
    // Further ahead than any is due: the clock was set back since.
    return list.dueAt <= now || list.dueAt > now + statusListTimes.lifetime * 1000
  }

  published(shard: number, list: PublishedList): void {
    this.#lists.set(shard, list)
    this.#changed.delete(shard)
  }

  /** Somebody else wrote it: what it is now has to be read first. */
  forget(shard: number): void {
    this.#lists.delete(shard)
  }

  /** When the oldest of them was issued, in seconds since the epoch; undefined where there is none. */
  get oldest(): number | undefined {
    const times = [...this.#lists.values()].map(({ iat }) => iat)
    return times.length === 0 ? undefined : Math.min(...times)
  }
}
