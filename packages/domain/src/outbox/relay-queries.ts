import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { RetentionClass } from '../event-schema/index.ts'
import type { Lease } from './lease-queries.ts'

export interface CursorPosition {
  readonly xid: string
  readonly id: string
}

export interface OutboxRow extends CursorPosition {
  readonly tenantId: string
  readonly eventId: string
  readonly type: string
  readonly version: number
  readonly occurredAt: Date
  readonly orderingKey: string
  readonly sequence: string
  readonly payload: unknown
  readonly traceparent: string | null
  readonly correlationId: string | null
  readonly causationId: string | null
  readonly retentionClass: RetentionClass
}

/** A row to publish. */
export interface WaitingRow extends OutboxRow {
  /**
   * Whether it, or one before it in its stream, was put aside when the row was read: then it waits. To be asked in the
   * same look: a stream that is replayed later has the row anew, and what was in hand must not overtake it.
   */
  readonly parked: boolean
}

export interface Batch {
  readonly rows: readonly WaitingRow[]
  /** True when there are more rows, which wait only for older transactions to end. */
  readonly unsettled: boolean
}

/** The partitions that a relay holds and that have rows to publish, or rows that wait for older transactions. */
export async function partitionsWaiting(db: Executor, owner: string): Promise<number[]> {
  const found = await sql<{ partition: number }>`
    select l.partition from iam.relay_lease l
     where l.owner = ${owner} and exists (
       select from iam.outbox o
        where o.partition = l.partition and (o.xid, o.id) > (l.cursor_xid, l.cursor_id)
     )`.execute(db)
  return found.rows.map((row) => row.partition)
}

/**
 * The next rows of a leased partition, in (transaction id, row id) order. Only rows below every running
 * transaction are given: a row above could still be overtaken by one that commits later with a lower id.
 * @returns undefined when the lease is lost.
 */
export async function fetchBatch(db: Executor, lease: Lease, limit: number): Promise<Batch | undefined> {
  const found = await sql<WaitingRow & { eventId: string | null; unsettled: boolean }>`
    select o.xid, o.id, o.tenant_id as "tenantId", o.event_id as "eventId", o.type, o.version,
           o.occurred_at as "occurredAt", o.ordering_key as "orderingKey", o.sequence, o.payload,
           o.traceparent, o.correlation_id as "correlationId", o.causation_id as "causationId",
           o.retention_class as "retentionClass",
           o.xid is null and exists (
             select from iam.outbox w
              where w.partition = l.partition and (w.xid, w.id) > (l.cursor_xid, l.cursor_id)
           ) as unsettled,
           o.ordering_key in (select ordering_key from iam.outbox_dead_letter) and exists (
             select from iam.outbox_dead_letter d
              where d.ordering_key = o.ordering_key and (d.xid, d.id) <= (o.xid, o.id)
           ) as parked
      from iam.relay_lease l
      left join lateral (
        select * from iam.outbox
         where partition = l.partition and (xid, id) > (l.cursor_xid, l.cursor_id)
           and xid < pg_snapshot_xmin(pg_current_snapshot())
         order by xid, id limit ${limit}
      ) o on true
     where l.partition = ${lease.partition} and l.epoch = ${lease.epoch}
     order by o.xid, o.id`.execute(db)
  const [first] = found.rows
  if (first === undefined) return undefined
  const { eventId, unsettled } = first
  return { rows: eventId === null ? [] : found.rows, unsettled }
}

/**
 * Moves a partition's cursor past everything published; it never goes back.
 * @returns false when the lease is lost; the rows will be published again by whoever holds it.
 */
export async function advanceCursor(db: Executor, lease: Lease, to: CursorPosition): Promise<boolean> {
  const advanced = await sql`
    update iam.relay_lease set cursor_xid = ${to.xid}, cursor_id = ${to.id}
     where partition = ${lease.partition} and epoch = ${lease.epoch}
       and (cursor_xid, cursor_id) < (${to.xid}::xid8, ${to.id}::bigint)`.execute(db)
  return advanced.numAffectedRows === 1n
}
