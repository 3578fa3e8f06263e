import type { Db } from '../db/index.ts'
import { Refusal, type Id, type Monotonic } from '../kit/index.ts'
import { findDirectoryEntry, type DirectoryEntry } from './queries.ts'

type Deps = { readonly db: Pick<Db, 'kysely'>; readonly monotonic: Monotonic; readonly region: string }
type Remembered = { readonly entry: DirectoryEntry | undefined; readonly until: number }

const keepKnown = 30_000
const keepUnknown = 2_000
const mostRemembered = 10_000
const nameable = /^(ten_[0-9A-HJKMNP-TV-Z]{26}|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)$/

/** Tenants by id or slug, as the directory had them at most half a minute ago. That a tenant exists is public. */
export class TenantDirectory {
  readonly #remembered = new Map<string, Remembered>()
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /**
   * The active tenant that a request names.
   * @throws Refusal `tenant_unknown` for one that is not there or is closed, `wrong_region` for one whose data
   *   lives elsewhere, `tenant_suspended` for one that is.
   */
  async require(idOrSlug: string): Promise<DirectoryEntry> {
    const entry = await this.find(idOrSlug)
    if (entry.status === 'suspended') throw new Refusal('tenant_suspended')
    return entry
  }

  /** A tenant whose data is here, suspended or not. @throws Refusal `tenant_unknown`, `wrong_region`. */
  async find(idOrSlug: string): Promise<DirectoryEntry> {
    const entry = nameable.test(idOrSlug) ? await this.#find(idOrSlug) : undefined
    if (entry === undefined || entry.status === 'closed') throw new Refusal('tenant_unknown')
    if (entry.region !== this.#deps.region) throw new Refusal('wrong_region')
    return entry
  }

  /** Reads a tenant anew the next time it is asked for. Other instances notice within half a minute. */
  forget({ tenantId, slug }: Pick<DirectoryEntry, 'tenantId' | 'slug'>): void {
    this.#remembered.delete(tenantId)
    this.#remembered.delete(slug)
  }

  /** Where the tenants are whose data is here. */
  get region(): string {
    return this.#deps.region
  }

  /** Whether a tenant's data is known to live in another region. */
  async livesElsewhere(tenantId: Id<'ten'>): Promise<boolean> {
    const entry = await this.#find(tenantId)
    return entry !== undefined && entry.status !== 'closed' && entry.region !== this.#deps.region
  }

  async #find(idOrSlug: string): Promise<DirectoryEntry | undefined> {
    const now = this.#deps.monotonic()
    const remembered = this.#remembered.get(idOrSlug)
    if (remembered !== undefined && remembered.until > now) return remembered.entry
    const entry = await findDirectoryEntry(this.#deps.db.kysely, idOrSlug)
    if (this.#remembered.size >= mostRemembered) this.#remembered.clear()
    this.#remembered.set(idOrSlug, { entry, until: now + (entry === undefined ? keepUnknown : keepKnown) })
    return entry
  }
}
