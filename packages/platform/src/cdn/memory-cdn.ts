import type { Cdn } from './cdn.ts'

/** Remembers what it was told, for tests of who tells it. */
export class MemoryCdn implements Cdn {
  readonly purged: string[] = []
  isAway = false

  async purge(paths: readonly string[]): Promise<void> {
    if (this.isAway) throw new Error('The CDN is away.')
    this.purged.push(...paths)
  }
}
