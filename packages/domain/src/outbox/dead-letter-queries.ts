import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { OutboxRow } from './relay-queries.ts'

/** Of these streams, those that have a dead letter: what follows it waits behind it, or it would come out of turn. */
export async function parkedStreams(db: Executor, orderingKeys: readonly string[]): Promise<Set<string>> {
  const found = await sql<{ orderingKey: string }>`
    select distinct ordering_key as "orderingKey" from iam.outbox_dead_letter
     where ordering_key = any(${orderingKeys}::text[])`.execute(db)
  return new Set(found.rows.map((row) => row.orderingKey))
}

/** Puts an event aside with the reason why it is not published. Putting it aside again changes nothing. */
export async function buryEvent(db: Executor, row: OutboxRow, reason: string): Promise<void> {
  await sql`
    insert into iam.outbox_dead_letter
      (xid, id, tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload,
       traceparent, correlation_id, causation_id, retention_class, reason, buried_at)
    values (${row.xid}, ${row.id}, ${row.tenantId}, ${row.eventId}, ${row.type}, ${row.version},
            ${row.occurredAt}, ${row.orderingKey}, ${row.sequence}, ${JSON.stringify(row.payload)},
            ${row.traceparent}, ${row.correlationId}, ${row.causationId}, ${row.retentionClass},
            ${reason}, iam.now())
    on conflict (xid, id) do nothing`.execute(db)
}

/** How many events were put aside. */
export async function countDeadLetters(db: Executor): Promise<number> {
  const counted = await sql<{ n: number }>`select count(*)::int as n from iam.outbox_dead_letter`.execute(db)
  return counted.rows[0]?.n ?? 0
}
