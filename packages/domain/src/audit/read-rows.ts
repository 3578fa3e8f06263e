import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { AuditRow } from './canonical-row.ts'

/** An audit event with its mac, if it has one. */
export interface KeyedRow extends AuditRow {
  readonly mac: Buffer | null
}

/** How far a walk over all events has come. */
export interface AuditPosition {
  readonly xid: string
  readonly id: string
}

const columns = sql`e.tenant_id as "tenantId", e.id, e.occurred_at as "occurredAt", e.actor_type as "actorType",
  e.actor_id as "actorId", e.action, e.target_type as "targetType", e.target_id as "targetId", e.outcome, e.reason,
  e.request_id as "requestId", e.subject_hmac as "subjectHmac", e.personal, e.mac_key as "macKey", e.mac`

/**
 * The next events of all tenants in (transaction id, id) order. Only those below every running transaction are given:
 * one above could still be overtaken by one that commits later with a lower id.
 */
export async function readAuditAfter(
  db: Executor,
  { xid, id }: AuditPosition,
  limit: number,
): Promise<(KeyedRow & { readonly xid: string })[]> {
  const found = await sql<KeyedRow & { readonly xid: string }>`
    select e.xid, ${columns} from iam.audit_event e
     where (e.xid, e.id) > (${xid}::xid8, ${id}) and e.xid < pg_snapshot_xmin(pg_current_snapshot())
     order by e.xid, e.id limit ${limit}`.execute(db)
  return found.rows
}

/**
 * The next events that are of another cluster: their transaction ids are yet to be given here, so they came with a
 * restore. Those whose ids have been given meanwhile are found by `readAuditAfter`.
 */
export async function readForeignAudit(
  db: Executor,
  { xid, id }: AuditPosition,
  limit: number,
): Promise<(KeyedRow & { readonly xid: string })[]> {
  const found = await sql<KeyedRow & { readonly xid: string }>`
    select e.xid, ${columns} from iam.audit_event e
     where (e.xid, e.id) > (${xid}::xid8, ${id}) and e.xid >= pg_snapshot_xmax(pg_current_snapshot())
     order by e.xid, e.id limit ${limit}`.execute(db)
  return found.rows
}

/** The highest transaction id of an event, which may be of another cluster; '0' where there is none. */
export async function lastAuditXid(db: Executor): Promise<string> {
  const found = await sql<{ xid: string }>`
    select e.xid::text as xid from iam.audit_event e
     where (e.xid, e.id) > ('0'::xid8, '') order by e.xid desc, e.id desc limit 1`.execute(db)
  return found.rows[0]?.xid ?? '0'
}

/** The oldest events after a position, by their time, each with how long it has waited, in seconds. */
export async function oldestAuditAfter(
  db: Executor,
  { xid, id }: AuditPosition,
  limit: number,
): Promise<(Pick<KeyedRow, 'tenantId' | 'id' | 'occurredAt'> & { readonly age: number })[]> {
  const found = await sql<Pick<KeyedRow, 'tenantId' | 'id' | 'occurredAt'> & { readonly age: number }>`
    select e.tenant_id as "tenantId", e.id, e.occurred_at as "occurredAt",
           extract(epoch from iam.now() - e.occurred_at)::float8 as age
      from iam.audit_event e
     where (e.xid, e.id) > (${xid}::xid8, ${id}) and e.xid < pg_snapshot_xmax(pg_current_snapshot())
     order by e.occurred_at limit ${limit}`.execute(db)
  return found.rows
}

/** How long the oldest event that is after a position waits, in seconds; 0 when there is none. */
export async function auditWaiting(db: Executor, { xid, id }: AuditPosition): Promise<number> {
  const found = await sql<{ oldest: number }>`
    select coalesce(extract(epoch from iam.now() - min(occurred_at)), 0)::float8 as oldest
      from iam.audit_event where (xid, id) > (${xid}::xid8, ${id})`.execute(db)
  return Math.max(0, found.rows[0]?.oldest ?? 0)
}

/** A tenant's events by their ids and times, of a transaction under that tenant. */
export async function readAuditRows(
  tx: Executor,
  tenantId: string,
  names: readonly { readonly id: string; readonly occurredAt: Date }[],
): Promise<KeyedRow[]> {
  const ids = names.map(({ id }) => id)
  const times = names.map(({ occurredAt }) => occurredAt)
  const found = await sql<KeyedRow>`
    select ${columns} from iam.audit_event e
     where e.tenant_id = ${tenantId}
       and (e.occurred_at, e.id) in (select * from unnest(${times}::timestamptz[], ${ids}::text[]))`.execute(
    tx,
  )
  return found.rows
}
