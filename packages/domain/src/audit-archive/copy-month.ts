import { countAuditMonth, type AuditMonth } from '../audit/index.ts'
import {
  chainEnds,
  endsAtHead,
  headAt,
  rowsOfSeals,
  sealsOfTime,
  writeEvent,
  type ExportedEvent,
  type Seal,
} from '../audit-seal/index.ts'
import { inTenant } from '../db/index.ts'
import { AuditArchiveFault, type ArchiveDeps } from './archive-deps.ts'
import { writeColdRow } from './cold-table.ts'
import { RowsDigest, type ArchiveManifest, type ManifestPart } from './manifest.ts'

const rowsAtATime = 500

/** What has been copied so far. */
interface Copied {
  readonly parts: ManifestPart[]
  readonly digest: RowsDigest
  rows: number
  firstAt: string | null
  lastAt: string | null
  /** The last head that seals of the month are covered by. */
  head: number
  waiting: ExportedEvent[]
}

/**
 * Copies a month's events of all tenants to the cold store, tenant by tenant in the order of their chains, a part at a
 * time. Parts that are there already stay. @returns the manifest, which is yet to be written.
 * @throws AuditArchiveFault when events are not sealed, or not covered by a stored head.
 */
export async function copyMonth(deps: ArchiveDeps, month: AuditMonth): Promise<ArchiveManifest> {
  const { kysely } = deps.db
  const digest = new RowsDigest()
  const copied: Copied = { parts: [], digest, rows: 0, firstAt: null, lastAt: null, head: 0, waiting: [] }
  for (const tenantId of (await chainEnds(kysely)).map((end) => end.tenantId).sort())
    await copyTenant(deps, month, { tenantId, copied })
  await writeParts(deps, month, { copied, atLeast: 1 })
  const there = await countAuditMonth(kysely, month)
  if (there !== copied.rows)
    throw new AuditArchiveFault(`${month.name} has ${there} events, of which ${copied.rows} are sealed`)
  const { rows, firstAt, lastAt, parts } = copied
  return {
    v: 1,
    month: month.name,
    rows,
    firstAt,
    lastAt,
    digest: digest.end(),
    parts,
    ...(await below(deps, copied.head)),
  }
}

async function copyTenant(
  deps: ArchiveDeps,
  month: AuditMonth,
  { tenantId, copied }: { readonly tenantId: string; readonly copied: Copied },
): Promise<void> {
  let after = 0
  for (;;) {
    await deps.goOn()
    const wanted = { tenantId, from: month.from, to: month.to, after, limit: rowsAtATime }
    const seals = await inTenant(deps.db, { tenantId }, (tx) => sealsOfTime(tx, wanted))
    const rows = await rowsOfSeals({ db: deps.db }, tenantId, seals)
    for (const seal of seals) take(copied, seal, rows.get(seal.auditId))
    await writeParts(deps, month, { copied, atLeast: deps.rowsPerPart })
    if (seals.length < rowsAtATime) return
    after = seals.at(-1)?.seq ?? after
  }
}

function take(copied: Copied, seal: Seal, row: Parameters<typeof writeEvent>[0] | undefined): void {
  if (row === undefined)
    throw new AuditArchiveFault(`event ${seal.seq} of ${seal.tenantId} is sealed and missing`)
  const event = writeEvent(row, seal)
  const at = event.occurredAt
  copied.digest.add(event)
  copied.rows += 1
  copied.firstAt = copied.firstAt === null || at < copied.firstAt ? at : copied.firstAt
  copied.lastAt = copied.lastAt === null || at > copied.lastAt ? at : copied.lastAt
  copied.head = Math.max(copied.head, seal.head)
  copied.waiting.push(event)
}

/** Writes parts while so many rows wait; the last one may have fewer. */
async function writeParts(
  deps: ArchiveDeps,
  { name: month }: AuditMonth,
  { copied, atLeast }: { readonly copied: Copied; readonly atLeast: number },
): Promise<void> {
  while (copied.waiting.length >= atLeast) {
    const events = copied.waiting.splice(0, deps.rowsPerPart)
    const part = describePart(copied.parts.length, events)
    await deps.goOn()
    await deps.store.writePart({ month, number: part.number }, events.map(writeColdRow))
    copied.parts.push(part)
    deps.report({ month, step: 'copied', rows: copied.rows - copied.waiting.length })
  }
}

function describePart(number: number, events: readonly ExportedEvent[]): ManifestPart {
  const digest = new RowsDigest()
  for (const event of events) digest.add(event)
  const place = (event: ExportedEvent | undefined) => ({
    tenantId: event?.tenantId ?? '',
    seq: event?.seq ?? 0,
  })
  return {
    number,
    rows: events.length,
    first: place(events[0]),
    last: place(events.at(-1)),
    digest: digest.end(),
  }
}

/** A head that the store has, and where all chains ended below it. */
async function below(
  { db: { kysely } }: ArchiveDeps,
  number: number,
): Promise<Pick<ArchiveManifest, 'head' | 'ends'>> {
  if (number === 0) return { head: null, ends: [] }
  const head = await headAt(kysely, number)
  if (head?.stored !== true) throw new AuditArchiveFault(`head ${number} is not signed, or not stored yet`)
  const ends = await endsAtHead(kysely, number)
  return {
    head: { number, jws: head.jws },
    ends: ends.map(({ tenantId, seq, chain }) => ({ tenantId, seq, chain: chain.toString('hex') })),
  }
}
