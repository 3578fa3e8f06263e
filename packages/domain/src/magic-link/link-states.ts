import type { Id } from '../kit/index.ts'
import type { MagicLinkStatus } from './magic-link.ts'

/** A cache whose entries carry a version and are never replaced by an older one. */
interface VersionedCache {
  get(key: string): Promise<{ readonly version: number; readonly value: string } | undefined>
  /** @param ttl milliseconds. */
  put(key: string, entry: { readonly version: number; readonly value: string }, ttl: number): Promise<void>
}

/** A link goes through these in this order, and never back. */
const versions: Readonly<Record<MagicLinkStatus, number>> = { waiting: 1, approved: 2, ended: 3 }

/** Milliseconds for which a link counts as it was last seen: an approval that the cache missed is seen this late. */
const freshFor = 10_000

type Named = { readonly tenantId: Id<'ten'>; readonly id: Id<'mgl'> }

/**
 * How links stand, for who asks every few seconds. It serves look-ups and lets nobody in: whatever it says, a link is
 * used up in the database or not at all.
 */
export class LinkStates {
  readonly #cache: VersionedCache

  constructor(cache: VersionedCache) {
    this.#cache = cache
  }

  /** @returns undefined when the cache does not know, or cannot be asked. */
  async find(link: Named): Promise<MagicLinkStatus | undefined> {
    const found = await this.#cache.get(keyOf(link)).catch(() => undefined)
    return (Object.keys(versions) as MagicLinkStatus[]).find((status) => status === found?.value)
  }

  async keep(link: Named, status: MagicLinkStatus): Promise<void> {
    const entry = { version: versions[status], value: status }
    await this.#cache.put(keyOf(link), entry, freshFor).catch(() => undefined)
  }
}

/** Hash-tagged by tenant, so that a cluster keeps a tenant's keys together. */
function keyOf({ tenantId, id }: Named): string {
  return `{${tenantId}}:magic-link:${id}`
}
