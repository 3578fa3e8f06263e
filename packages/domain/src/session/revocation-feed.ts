import { sql } from 'kysely'
import type { Db } from '../db/index.ts'
import type { Monotonic } from '../kit/index.ts'

type Deps = { readonly db: Pick<Db, 'kysely'>; readonly monotonic: Monotonic }

const freshFor = 5_000
const mostRemembered = 200_000

interface Poll {
  readonly xmin: string
  readonly time: number
  readonly revoked: readonly string[]
}

/**
 * The grants whose session ended, as this instance has read them from the primary, second by second. A cached
 * session counts only while this is fresh, and only if it was read after the point from which this is complete.
 */
export class RevocationFeed {
  readonly #deps: Deps
  /** Revoked grants in the order they were heard of, with the database's time of that poll. */
  readonly #revoked = new Map<string, number>()
  #cursor: string | undefined
  #coversSince = Number.POSITIVE_INFINITY
  #polledAt = Number.NEGATIVE_INFINITY

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** True when the grant's session is known to have ended. */
  hasEnded(grantId: string): boolean {
    return this.#revoked.has(grantId)
  }

  /** True when every revocation since `asOf` (milliseconds, the database's clock) is known up to seconds ago. */
  vouchesFor(asOf: number): boolean {
    return asOf >= this.#coversSince && this.#deps.monotonic() - this.#polledAt < freshFor
  }

  /** Reads what is new. To be called every second; rejects when the database cannot be asked. */
  async poll(): Promise<void> {
    const startedAt = this.#deps.monotonic()
    const { xmin, time, revoked } = await this.#read()
    for (const grantId of revoked) if (!this.#revoked.has(grantId)) this.#revoked.set(grantId, time)
    // From the lowest transaction that was still running: its row may appear with a later commit.
    if (this.#cursor === undefined) this.#coversSince = time
    this.#cursor = xmin
    this.#polledAt = startedAt
    this.#forget()
  }

  async #read(): Promise<Poll> {
    // ast-grep-ignore: no-database-clock -- the feed is complete only from after its first snapshot was taken
    const read = await sql<Poll>`
      select pg_snapshot_xmin(pg_current_snapshot())::text as xmin,
             (extract(epoch from clock_timestamp()) * 1000)::float8 as time,
             coalesce(
               (select json_agg(grant_id) from iam.session_revocation where xid >= ${this.#cursor ?? null}::xid8),
               '[]'::json
             ) as revoked`.execute(this.#deps.db.kysely)
    const [poll] = read.rows
    if (poll === undefined) throw new Error('The revocation feed answered nothing.')
    return poll
  }

  /** Keeps memory bounded: the oldest half is forgotten, and older cached sessions no longer vouched for. */
  #forget(): void {
    if (this.#revoked.size <= mostRemembered) return
    for (const [grantId, time] of this.#revoked) {
      if (this.#revoked.size <= mostRemembered / 2) return
      this.#revoked.delete(grantId)
      this.#coversSince = Math.max(this.#coversSince, time)
    }
  }
}
