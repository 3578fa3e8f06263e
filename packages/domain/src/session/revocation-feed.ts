import { sql } from 'kysely'
import type { Db } from '../db/index.ts'
import type { Monotonic } from '../kit/index.ts'

type Deps = { readonly db: Pick<Db, 'kysely'>; readonly monotonic: Monotonic }

const freshFor = 5_000
const mostRemembered = 200_000

interface Poll {
  readonly xmin: string
  readonly time: number
  readonly heard: readonly { readonly grantId: string; readonly ended: boolean }[]
}

interface Heard {
  readonly ended: boolean
  /** The database's time of the poll that told it. */
  readonly time: number
}

/**
 * The grants whose session ended, or is not any more what it was, as this instance has read them from the primary,
 * second by second. A cached session counts only while this is fresh, and only if it was read after the point from which
 * this is complete, and after what is told of it.
 */
export class RevocationFeed {
  readonly #deps: Deps
  /** What is told of grants, in the order in which they were heard of. */
  readonly #heard = new Map<string, Heard>()
  #cursor: string | undefined
  #coversSince = Number.POSITIVE_INFINITY
  #polledAt = Number.NEGATIVE_INFINITY

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** True when the grant's session is known to have ended. */
  hasEnded(grantId: string): boolean {
    return this.#heard.get(grantId)?.ended === true
  }

  /**
   * True when everything that was told of the grant since `asOf` (milliseconds, the database's clock) is known up to
   * seconds ago, and is nothing.
   */
  vouchesFor(grantId: string, asOf: number): boolean {
    const { time = Number.NEGATIVE_INFINITY } = this.#heard.get(grantId) ?? {}
    const isFresh = this.#deps.monotonic() - this.#polledAt < freshFor
    return isFresh && asOf >= this.#coversSince && asOf > time
  }

  /** Reads what is new. To be called every second; rejects when the database cannot be asked. */
  async poll(): Promise<void> {
    const startedAt = this.#deps.monotonic()
    const { xmin, time, heard } = await this.#read()
    for (const { grantId, ended } of heard)
      if (!this.hasEnded(grantId)) this.#heard.set(grantId, { ended, time })
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
               (select json_agg(json_build_object('grantId', grant_id, 'ended', ended))
                  from iam.session_revocation where xid >= ${this.#cursor ?? null}::xid8),
               '[]'::json
             ) as heard`.execute(this.#deps.db.kysely)
    const [poll] = read.rows
    if (poll === undefined) throw new Error('The revocation feed answered nothing.')
    return poll
  }

  /** Keeps memory bounded: the oldest half is forgotten, and older cached sessions no longer vouched for. */
  #forget(): void {
    if (this.#heard.size <= mostRemembered) return
    for (const [grantId, { time }] of this.#heard) {
      if (this.#heard.size <= mostRemembered / 2) return
      this.#heard.delete(grantId)
      this.#coversSince = Math.max(this.#coversSince, time)
    }
  }
}
