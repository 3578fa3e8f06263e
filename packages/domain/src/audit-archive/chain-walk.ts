import {
  chainAt,
  chainLink,
  chainStart,
  readEvent,
  rowsOfSeals,
  sealsByPlace,
  type ArchivedRows,
  type ChainEnd,
  type ExportedEvent,
} from '../audit-seal/index.ts'
import { inTenant, type Db } from '../db/index.ts'
import { AuditArchiveFault } from './archive-deps.ts'

const rowsAtATime = 500

interface WalkDeps {
  readonly db: Pick<Db, 'kysely'>
  readonly archived: ArchivedRows
}

/**
 * Walks the chains of all tenants over events in the order of tenants and places, up to where a signed head has each
 * of them. Events that belong to other months and stand in between, or before that end, are read from where they are.
 */
export class ChainWalk {
  readonly #deps: WalkDeps
  readonly #ends: ReadonlyMap<string, ChainEnd>
  #tenantId = ''
  #seq = 0
  #link: Buffer = Buffer.alloc(0)

  /** @param ends what the root of the head was made of. */
  constructor(deps: WalkDeps, ends: readonly ChainEnd[]) {
    this.#deps = deps
    this.#ends = new Map(ends.map((end) => [end.tenantId, end]))
  }

  /** The next event. @throws AuditArchiveFault when it is not the one that was sealed there. */
  async take(event: ExportedEvent): Promise<void> {
    const { tenantId, seq } = event
    if (tenantId !== this.#tenantId) await this.#begin(tenantId, seq)
    if (seq <= this.#seq) throw new AuditArchiveFault(`event ${seq} of ${tenantId} is not in its place`)
    await this.#bridge(seq - 1)
    this.#link = chainLink(this.#link, seq, readEvent(event))
    this.#seq = seq
    if (this.#link.toString('hex') !== event.chain)
      throw new AuditArchiveFault(`event ${seq} of ${tenantId} is not as it was sealed`)
  }

  /** Ends the walk of the last tenant. @throws AuditArchiveFault when its chain is not what the head has. */
  async finish(): Promise<void> {
    if (this.#tenantId === '') return
    const end = this.#ends.get(this.#tenantId)
    if (end === undefined || end.seq < this.#seq)
      throw new AuditArchiveFault(`the chain of ${this.#tenantId} is not covered by the head`)
    await this.#bridge(end.seq)
    if (!end.chain.equals(this.#link))
      throw new AuditArchiveFault(`the chain of ${this.#tenantId} is not what the head covers`)
  }

  async #begin(tenantId: string, seq: number): Promise<void> {
    await this.finish()
    if (tenantId < this.#tenantId) throw new AuditArchiveFault(`${tenantId} is not in its place`)
    this.#tenantId = tenantId
    this.#seq = seq - 1
    const before =
      seq === 1
        ? chainStart(tenantId)
        : await inTenant(this.#deps.db, { tenantId }, (tx) => chainAt(tx, tenantId, seq - 1))
    if (before === undefined)
      throw new AuditArchiveFault(`the link before event ${seq} of ${tenantId} is missing`)
    this.#link = before
  }

  /** Goes on to a place over events of other months. */
  async #bridge(last: number): Promise<void> {
    const tenantId = this.#tenantId
    while (this.#seq < last) {
      const span = { first: this.#seq + 1, last: Math.min(last, this.#seq + rowsAtATime) }
      const seals = await inTenant(this.#deps.db, { tenantId }, (tx) => sealsByPlace(tx, tenantId, span))
      const rows = await rowsOfSeals(this.#deps, tenantId, seals)
      for (let seq = span.first; seq <= span.last; seq += 1) {
        const row = rows.get(seals[seq - span.first]?.auditId ?? '')
        if (row === undefined) throw new AuditArchiveFault(`event ${seq} of ${tenantId} is missing`)
        this.#link = chainLink(this.#link, seq, row)
        this.#seq = seq
      }
    }
  }
}
