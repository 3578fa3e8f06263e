import { readSessionEntry, type SessionEntry } from './session-entry.ts'

/** A cache whose entries carry a version and are never replaced by an older one. */
export interface VersionedCache {
  get(key: string): Promise<{ readonly version: number; readonly value: string } | undefined>
  /** @param ttl milliseconds. */
  put(key: string, entry: { readonly version: number; readonly value: string }, ttl: number): Promise<void>
}

const longestTtl = 24 * 3600 * 1000
const tombstoneVersion = Number.MAX_SAFE_INTEGER

/**
 * Sessions in the cache, by grant. It serves look-ups and is never the authority: what it says of a session
 * counts only together with the revocation feed, and whatever is lost with it is read from the database.
 */
export class SessionCache {
  readonly #cache: VersionedCache
  readonly #onUnreadable: (key: string) => void

  /** @param onUnreadable hears of every entry that was found and could not be read. */
  constructor(cache: VersionedCache, onUnreadable: (key: string) => void = () => undefined) {
    this.#cache = cache
    this.#onUnreadable = onUnreadable
  }

  /**
   * The entry, `ended` where a tombstone stands, or undefined when the cache has nothing that can be read or
   * cannot be asked.
   */
  async find(tenantId: string, grantId: string): Promise<SessionEntry | 'ended' | undefined> {
    const key = keyOf(tenantId, grantId)
    const found = await this.#cache.get(key).catch(() => undefined)
    if (found === undefined) return undefined
    if (found.version === tombstoneVersion) return 'ended'
    const entry = readSessionEntry(found.value)
    if (entry === undefined) this.#onUnreadable(key)
    return entry
  }

  /** Keeps an entry for 24 hours, or as long as the session has left. A tombstone or a newer entry stays. */
  async fill(tenantId: string, grantId: string, entry: SessionEntry, now: Date): Promise<void> {
    const ttl = Math.min(longestTtl, entry.expiresAt - now.getTime())
    if (ttl <= 0) return
    const versioned = { version: entry.asOf, value: JSON.stringify(entry) }
    await this.#cache.put(keyOf(tenantId, grantId), versioned, ttl).catch(() => undefined)
  }

  /** Puts a tombstone where any entry of the grant could still stand or be put, for as long as it could. */
  async bury(tenantId: string, grantId: string): Promise<void> {
    await this.buryForSure(tenantId, grantId).catch(() => undefined)
  }

  /** Does so, or rejects: the cache is away, and what it holds stays there. */
  async buryForSure(tenantId: string, grantId: string): Promise<void> {
    await this.#cache.put(keyOf(tenantId, grantId), { version: tombstoneVersion, value: '' }, longestTtl)
  }
}

/** Hash-tagged by tenant, so that a cluster keeps a tenant's keys together. */
function keyOf(tenantId: string, grantId: string): string {
  return `{${tenantId}}:session:${grantId}`
}
