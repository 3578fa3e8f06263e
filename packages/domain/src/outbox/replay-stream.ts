import { sql } from 'kysely'
import { type Db, inTenant } from '../db/index.ts'

/** A stream that waits behind an event that the broker refused. */
export interface ParkedStream {
  readonly tenantId: string
  readonly orderingKey: string
  /** How many of its events wait. */
  readonly events: number
  /** The type of the first, which holds up the others, and its reason. */
  readonly type: string
  readonly eventId: string
  readonly reason: string
  readonly since: Date
}

/** The streams that wait, those that have waited longest first. */
export async function listParkedStreams({ kysely }: Pick<Db, 'kysely'>): Promise<ParkedStream[]> {
  const found = await sql<ParkedStream>`
    select distinct on (ordering_key) tenant_id as "tenantId", ordering_key as "orderingKey",
           count(*) over (partition by ordering_key)::int as events, type, event_id as "eventId", reason,
           min(buried_at) over (partition by ordering_key) as since
      from iam.outbox_dead_letter order by ordering_key, xid, id`.execute(kysely)
  return found.rows.toSorted((a, b) => a.since.getTime() - b.since.getTime())
}

/**
 * Puts a stream back in its order, with what came after it and is not relayed yet: to be called once the cause is
 * mended, in the dead letter itself where that is what is wrong. A running relay that has some of it in hand leaves it
 * alone: see `buryEvent`.
 * @returns how many events were parked.
 */
export async function replayStream(
  { db }: { db: Pick<Db, 'kysely' | 'eventsCommitted'> },
  { tenantId, orderingKey }: Pick<ParkedStream, 'tenantId' | 'orderingKey'>,
): Promise<number> {
  return inTenant(db, { tenantId, streams: [orderingKey] }, async (tx) => {
    const replayed = await sql<{ parked: number }>`
      with parked as (
        delete from iam.outbox_dead_letter where ordering_key = ${orderingKey} returning *
      ), waiting as (
        delete from iam.outbox o
         where (o.partition, o.xid, o.id) in (
           select w.partition, w.xid, w.id from iam.relay_lease l
             join iam.outbox w on w.partition = l.partition and (w.xid, w.id) > (l.cursor_xid, l.cursor_id)
            where w.ordering_key = ${orderingKey}) and exists (select from parked)
        returning o.*
      ), stream as (
        select tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload, traceparent,
               correlation_id, causation_id, retention_class from parked
        union all
        select tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload, traceparent,
               correlation_id, causation_id, retention_class from waiting w
         where not exists (select from parked p where p.sequence = w.sequence)
      ), put_back as (
        insert into iam.outbox (tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload,
                                traceparent, correlation_id, causation_id, retention_class)
        select tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload,
               traceparent, correlation_id, causation_id, retention_class from stream order by sequence
      )
      select count(*)::int as parked from parked`.execute(tx)
    return replayed.rows[0]?.parked ?? 0
  })
}
