import type { KeyObject } from 'node:crypto'
import { hasMac, rowMac } from '../audit/index.ts'
import { readEvent, type ExportedEvent, type ExportedHead, type ExportManifest } from './audit-export.ts'
import { chainLink, chainStart } from './chain.ts'
import { digestOf, readHead, type AuditHead } from './head.ts'
import { rootFrom } from './merkle.ts'

/** An export as it was read. */
export interface AuditExport {
  readonly manifest: ExportManifest
  readonly events: readonly ExportedEvent[]
  readonly heads: readonly ExportedHead[]
}

/** What is wrong with an export, and where: an event by its place, a head by its number. */
export interface AuditFinding {
  readonly fault:
    | 'event_altered'
    | 'event_missing'
    | 'event_out_of_order'
    | 'event_of_another_tenant'
    | 'events_cut_off'
    | 'event_not_covered'
    | 'chain_rewritten'
    | 'mac_wrong'
    | 'head_not_signed'
    | 'head_missing'
    | 'head_not_proved'
    | 'heads_cut_off'
    | 'nothing_proved'
    | 'manifest_wrong'
  readonly seq?: number
  readonly id?: string
  readonly head?: number
}

export interface VerifiedAudit {
  readonly holds: boolean
  /** The first one is the first bad event, or head. */
  readonly findings: readonly AuditFinding[]
  readonly events: number
  readonly heads: number
  /** Events that no head covers yet: they may still be altered. */
  readonly uncovered: number
  /** Events that the role `keys` wrote, which have no mac: what they tell is proved by the endorsements of keys. */
  readonly withoutMac: readonly string[]
  /** Minutes in which nothing was signed: no fault of the export, but the sealer did not run. */
  readonly minutesWithoutHead: number
}

export interface VerifyAudit {
  /** Thumbprints of the keys that may sign heads. */
  readonly anchors: readonly string[]
  readonly issuer?: string
  /** The audit keys, where macs are to be checked too: whoever holds them could make macs. */
  readonly keyOf?: (version: number) => KeyObject | undefined
}

const oneMinute = 60_000
/** Milliseconds that an event may wait for a head: as long as a transaction before it goes on. */
const patience = 10 * oneMinute

/**
 * Checks an export by itself: every event against its tenant's chain, and the chain against every head that was signed
 * meanwhile. Finds events that were altered, taken out, put in, put elsewhere or cut off, after their head was signed.
 * What was altered or put in before that is found by the macs. Where no head says anything of the tenant, nothing is
 * proved, not even that there were no events, and nothing holds.
 */
export async function verifyAuditExport(exported: AuditExport, how: VerifyAudit): Promise<VerifiedAudit> {
  const heads = await readHeads(exported, how)
  const chain = walkChain(exported)
  const against = compareWithHeads(exported, chain.links, heads.read)
  const macs = how.keyOf === undefined ? [] : wrongMacs(exported, how.keyOf)
  const findings = [
    ...manifestFaults(exported),
    ...chain.findings,
    ...against,
    ...macs,
    ...heads.findings,
    ...nothingProved(heads.read),
  ]
  const covered = Math.max(0, ...exported.heads.map(({ end }) => end?.seq ?? 0))
  return {
    holds: findings.length === 0,
    findings,
    events: exported.events.length,
    heads: exported.heads.length,
    uncovered: exported.events.filter(({ seq }) => seq > covered).length,
    withoutMac: exported.events.filter(({ mac }) => mac === null).map(({ id }) => id),
    minutesWithoutHead: minutesWithout(heads.read),
  }
}

function manifestFaults({ manifest, events, heads }: AuditExport): AuditFinding[] {
  const fits = manifest.events === events.length && manifest.heads === heads.length
  return fits ? [] : [{ fault: 'manifest_wrong' }]
}

/** Walks the chain until the first link that does not hold: what comes behind it says nothing any more. */
function walkChain({ manifest, events }: AuditExport): {
  links: Map<number, string>
  findings: AuditFinding[]
} {
  const { tenantId, before } = manifest
  let seq = before?.seq ?? 0
  let prev = before === null ? chainStart(tenantId) : Buffer.from(before.chain, 'hex')
  const links = new Map([[seq, prev.toString('hex')]])
  for (const event of events) {
    const { id } = event
    if (event.tenantId !== tenantId)
      return { links, findings: [{ fault: 'event_of_another_tenant', seq, id }] }
    if (event.seq !== seq + 1) {
      const fault = event.seq > seq + 1 && !events.some((other) => other.seq === seq + 1)
      return {
        links,
        findings: [{ fault: fault ? 'event_missing' : 'event_out_of_order', seq: seq + 1, id }],
      }
    }
    seq = event.seq
    prev = chainLink(prev, seq, readEvent(event))
    if (prev.toString('hex') !== event.chain)
      return { links, findings: [{ fault: 'event_altered', seq, id }] }
    links.set(seq, event.chain)
  }
  return { links, findings: [] }
}

interface NumberedHead extends ExportedHead {
  readonly head: AuditHead
}

async function readHeads(
  { manifest, heads }: AuditExport,
  { anchors, issuer }: VerifyAudit,
): Promise<{ read: NumberedHead[]; findings: AuditFinding[] }> {
  const read: NumberedHead[] = []
  const findings: AuditFinding[] = []
  for (const exported of heads) {
    const head = await readHead(exported.jws, anchors)
    const last = read.at(-1)
    if (head === undefined || (issuer !== undefined && head.iss !== issuer))
      findings.push({ fault: 'head_not_signed', head: (last?.head.number ?? 0) + 1 })
    else {
      if (last !== undefined && (head.number !== last.head.number + 1 || head.prev !== digestOf(last.jws)))
        findings.push({ fault: 'head_missing', head: last.head.number + 1 })
      read.push({ ...exported, head })
    }
  }
  const end = Math.min(Date.parse(manifest.to), Date.parse(manifest.exportedAt) - 2 * oneMinute)
  const lastMinute = Date.parse(read.at(-1)?.head.minute ?? '1970-01-01T00:00:00Z')
  if (lastMinute + oneMinute < end) findings.push({ fault: 'heads_cut_off' })
  return { read, findings }
}

/** Each head says where the chain ended when it was signed: the links of the export must be the same. */
function compareWithHeads(
  { manifest, events }: AuditExport,
  links: ReadonlyMap<number, string>,
  heads: readonly NumberedHead[],
): AuditFinding[] {
  const last = events.at(-1)?.seq ?? manifest.before?.seq ?? 0
  let reached = manifest.before?.seq ?? 0
  for (const { head, end, proof } of heads) {
    const { number } = head
    if (end === null) {
      if (reached > 0) return [{ fault: 'head_not_proved', head: number }]
      continue
    }
    const chainEnd = { tenantId: manifest.tenantId, seq: end.seq, chain: Buffer.from(end.chain, 'hex') }
    if (rootFrom(chainEnd, proof).toString('hex') !== head.root)
      return [{ fault: 'head_not_proved', head: number }]
    if (end.seq > last && Date.parse(head.minute) + oneMinute <= Date.parse(manifest.to))
      return [{ fault: 'events_cut_off', head: number, seq: last + 1 }]
    const link = links.get(end.seq)
    if ((link !== undefined && link !== end.chain) || (end.seq < reached && links.has(reached)))
      return [{ fault: 'chain_rewritten', head: number, seq: end.seq }]
    reached = end.seq
  }
  return notCovered(events, heads, reached)
}

/** Where no signed head says where a chain of this tenant ended, there was none, or all of it was left out. */
function nothingProved(heads: readonly NumberedHead[]): AuditFinding[] {
  return heads.every(({ end }) => end === null) ? [{ fault: 'nothing_proved' }] : []
}

/** An event that heads of much later do not cover was put in without ever being sealed. */
function notCovered(
  events: readonly ExportedEvent[],
  heads: readonly NumberedHead[],
  reached: number,
): AuditFinding[] {
  const lastMinute = Date.parse(heads.at(-1)?.head.minute ?? '1970-01-01T00:00:00Z')
  const first = events.find(
    ({ seq, occurredAt }) => seq > reached && Date.parse(occurredAt) + patience < lastMinute,
  )
  return first === undefined ? [] : [{ fault: 'event_not_covered', seq: first.seq, id: first.id }]
}

function wrongMacs({ events }: AuditExport, keyOf: NonNullable<VerifyAudit['keyOf']>): AuditFinding[] {
  return events.flatMap((event) => {
    const row = readEvent(event)
    if (!hasMac(row.action) && row.mac === null) return []
    const key = row.macKey === null ? undefined : keyOf(row.macKey)
    const holds = key !== undefined && row.mac?.equals(rowMac(key, row)) === true
    return holds ? [] : [{ fault: 'mac_wrong', seq: event.seq, id: row.id } as const]
  })
}

function minutesWithout(heads: readonly NumberedHead[]): number {
  const [first, last] = [heads[0], heads.at(-1)]
  if (first === undefined || last === undefined) return 0
  const minutes = (Date.parse(last.head.minute) - Date.parse(first.head.minute)) / oneMinute + 1
  return minutes - heads.length
}
