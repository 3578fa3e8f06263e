import { inTenant, type Db } from '../db/index.ts'
import type { Clock } from '../kit/index.ts'
import { writeEvent, type ExportedEvent, type ExportedHead, type ExportManifest } from './audit-export.ts'
import { inclusionProof, type ChainEnd } from './merkle.ts'
import {
  chainAt,
  endsAfterHead,
  endsAtHead,
  headsBetween,
  sealsBetween,
  type Seal,
  type StoredHead,
} from './queries.ts'
import { rowsOfSeals, type ArchivedRows } from './rows-of-seals.ts'

export interface ExportAudit {
  readonly tenantId: string
  readonly from: Date
  /** Exclusive. */
  readonly to: Date
}

/** Where an export goes. */
export interface ExportSink {
  event(event: ExportedEvent): Promise<void>
  head(head: ExportedHead): Promise<void>
}

const rowsAtATime = 500
const oneMinute = 60_000

/**
 * Exports a tenant's sealed events of a time, with every head signed meanwhile and the proof of where the tenant's
 * chain ended below it: whoever has it can check it without us. An event that is missing from the database is missing
 * from the export, which is what checking finds. Events of months that left the database come from `archived`.
 * @returns the manifest.
 */
export async function exportAudit(
  deps: { readonly db: Pick<Db, 'kysely'>; readonly clock: Clock; readonly archived?: ArchivedRows },
  { tenantId, from, to }: ExportAudit,
  sink: ExportSink,
): Promise<ExportManifest> {
  const { seals, before } = await inTenant(deps.db, { tenantId }, async (tx) => {
    const found = await sealsBetween(tx, tenantId, from, to)
    const seq = (found[0]?.seq ?? 1) - 1
    const chain = seq === 0 ? undefined : await chainAt(tx, tenantId, seq)
    return { seals: found, before: chain === undefined ? null : { seq, chain: chain.toString('hex') } }
  })
  const events = await exportEvents(deps, { tenantId, seals, sink })
  const around = [from, to].map((time, n) => new Date(time.getTime() + (n === 0 ? -oneMinute : oneMinute)))
  const heads = await headsBetween(deps.db.kysely, around[0] ?? from, around[1] ?? to)
  for (const head of await proveHeads(deps.db.kysely, heads, tenantId)) await sink.head(head)
  return {
    v: 1,
    tenantId,
    from: from.toISOString(),
    to: to.toISOString(),
    exportedAt: deps.clock().toISOString(),
    before,
    events,
    heads: heads.length,
  }
}

async function exportEvents(
  deps: Parameters<typeof rowsOfSeals>[0],
  { tenantId, seals, sink }: { tenantId: string; seals: readonly Seal[]; sink: ExportSink },
): Promise<number> {
  let written = 0
  for (let n = 0; n < seals.length; n += rowsAtATime) {
    const some = seals.slice(n, n + rowsAtATime)
    const rows = await rowsOfSeals(deps, tenantId, some)
    for (const seal of some) {
      const row = rows.get(seal.auditId)
      if (row === undefined) continue
      await sink.event(writeEvent(row, seal))
      written += 1
    }
  }
  return written
}

async function proveHeads(
  db: Db['kysely'],
  heads: readonly StoredHead[],
  tenantId: string,
): Promise<ExportedHead[]> {
  const [first, last] = [heads[0], heads.at(-1)]
  if (first === undefined || last === undefined) return []
  const ends = new Map((await endsAtHead(db, first.number)).map((end) => [end.tenantId, end]))
  const moves = Map.groupBy(
    await endsAfterHead(db, { after: first.number, upTo: last.number }),
    ({ head }) => head,
  )
  let proved = provedEnd(ends, tenantId)
  return heads.map(({ number, jws }) => {
    const moved = moves.get(number) ?? []
    for (const end of moved) ends.set(end.tenantId, end)
    if (moved.length > 0) proved = provedEnd(ends, tenantId)
    return { jws, ...proved }
  })
}

function provedEnd(ends: ReadonlyMap<string, ChainEnd>, tenantId: string): Omit<ExportedHead, 'jws'> {
  const end = ends.get(tenantId)
  const proof = inclusionProof([...ends.values()], tenantId)
  if (end === undefined || proof === undefined) return { end: null, proof: [] }
  return { end: { seq: end.seq, chain: end.chain.toString('hex') }, proof }
}
