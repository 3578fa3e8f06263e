import { monthOf, type KeyedRow } from '../audit/index.ts'
import { readEvent, type ArchivedRows, type ExportedEvent, type Seal } from '../audit-seal/index.ts'
import type { Executor } from '../db/index.ts'
import { AuditArchiveFault } from './archive-deps.ts'
import type { AuditColdStore } from './cold-store.ts'
import { readColdRow } from './cold-table.ts'
import {
  digestOfManifest,
  readManifest,
  RowsDigest,
  type ArchiveManifest,
  type ColdPlace,
  type ManifestPart,
} from './manifest.ts'
import { archivedMonths } from './queries.ts'

/**
 * Finds events of months that left the database, in the cold store. Manifests are held against what the database
 * noted of them, parts against their manifest. The last part stays in memory: who asks goes on in order, mostly.
 * @throws AuditArchiveFault when the cold store does not have what it is to have.
 */
export function archivedRows(deps: { readonly db: Executor; readonly store: AuditColdStore }): ArchivedRows {
  const manifests = new Map<string, Promise<ArchiveManifest | undefined>>()
  let last: { readonly key: string; readonly events: ExportedEvent[] } | undefined
  const manifestOf = (month: string) => {
    const known = manifests.get(month) ?? readArchived(deps, month)
    manifests.set(month, known)
    return known
  }
  const eventsOf = async (month: string, part: ManifestPart) => {
    const key = `${month}/${part.number}`
    if (last?.key !== key) last = { key, events: await readPart(deps.store, month, part) }
    return last.events
  }
  return async (tenantId, seals) => {
    const rows: KeyedRow[] = []
    for (const [month, some] of Map.groupBy(seals, ({ occurredAt }) => monthOf(occurredAt).name)) {
      const manifest = await manifestOf(month)
      const wanted = new Set(some.map(({ seq }) => seq))
      for (const part of manifest?.parts.filter((each) => reaches(each, tenantId, some)) ?? []) {
        const events = await eventsOf(month, part)
        rows.push(...events.filter((one) => one.tenantId === tenantId && wanted.has(one.seq)).map(readEvent))
      }
    }
    return rows
  }
}

/** A month's manifest; undefined when the month never left the database. */
async function readArchived(
  { db, store }: { readonly db: Executor; readonly store: AuditColdStore },
  name: string,
): Promise<ArchiveManifest | undefined> {
  const noted = (await archivedMonths(db)).find(({ month }) => month.name === name)
  if (noted === undefined) return undefined
  const text = await store.readManifest(name)
  if (text === undefined || !digestOfManifest(text).equals(noted.manifest))
    throw new AuditArchiveFault(`the manifest of ${name} is missing in the cold store, or another one`)
  return readManifest(text)
}

/** A part's events. @throws AuditArchiveFault when they are not what the manifest says. */
export async function readPart(
  store: AuditColdStore,
  month: string,
  part: ManifestPart,
): Promise<ExportedEvent[]> {
  const events = (await store.readPart({ month, number: part.number })).map(readColdRow)
  const digest = new RowsDigest()
  for (const event of events) digest.add(event)
  if (events.length !== part.rows || digest.end() !== part.digest)
    throw new AuditArchiveFault(`part ${part.number} of ${month} is not what was written`)
  return events
}

function reaches({ first, last }: ManifestPart, tenantId: string, seals: readonly Seal[]): boolean {
  const [lowest, highest] = [seals[0]?.seq ?? 0, seals.at(-1)?.seq ?? 0]
  return !isBefore({ tenantId, seq: highest }, first) && !isBefore(last, { tenantId, seq: lowest })
}

function isBefore(one: ColdPlace, other: ColdPlace): boolean {
  return one.tenantId === other.tenantId ? one.seq < other.seq : one.tenantId < other.tenantId
}
