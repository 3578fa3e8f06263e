import { readAuditRows, type KeyedRow } from '../audit/index.ts'
import { inTenant, type Db } from '../db/index.ts'
import type { Seal } from './queries.ts'

/** Finds a tenant's events that left the database. */
export type ArchivedRows = (tenantId: string, seals: readonly Seal[]) => Promise<readonly KeyedRow[]>

/** The events that seals stand for, by their ids: from the database, and what is not there from the archive. */
export async function rowsOfSeals(
  { db, archived }: { readonly db: Pick<Db, 'kysely'>; readonly archived?: ArchivedRows },
  tenantId: string,
  seals: readonly Seal[],
): Promise<Map<string, KeyedRow>> {
  const names = seals.map(({ auditId: id, occurredAt }) => ({ id, occurredAt }))
  const rows = await inTenant(db, { tenantId }, (tx) => readAuditRows(tx, tenantId, names))
  const byId = new Map(rows.map((row) => [row.id, row]))
  const missing = seals.filter(({ auditId }) => !byId.has(auditId))
  if (archived === undefined || missing.length === 0) return byId
  for (const row of await archived(tenantId, missing)) byId.set(row.id, row)
  return byId
}
