import { sql } from 'kysely'
import { type Db, type Executor, inTenant } from '../db/index.ts'
import type { OutboxRow } from './relay-queries.ts'

/**
 * Puts an event aside with the reason why it is not published. Putting it aside again changes nothing; nor does
 * putting aside one that a replay of its stream has taken from its place meanwhile, so that it comes again, or that
 * another relay got past.
 */
export async function buryEvent(db: Pick<Db, 'kysely'>, row: OutboxRow, reason: string): Promise<void> {
  const { tenantId, orderingKey } = row
  await inTenant(db, { tenantId, streams: [orderingKey] }, async (tx) => {
    await sql`
      insert into iam.outbox_dead_letter
        (xid, id, tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload,
         traceparent, correlation_id, causation_id, retention_class, reason, buried_at)
      select xid, id, tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload,
             traceparent, correlation_id, causation_id, retention_class, ${reason}, iam.now()
        from iam.outbox o join iam.relay_lease l using (partition)
       where partition = (hashtextextended(${orderingKey}, 0) & 7)::smallint
         and xid = ${row.xid}::xid8 and id = ${row.id} and (xid, id) > (l.cursor_xid, l.cursor_id)
      on conflict (xid, id) do nothing`.execute(tx)
  })
}

/** How many events were put aside. */
export async function countDeadLetters(db: Executor): Promise<number> {
  const counted = await sql<{ n: number }>`select count(*)::int as n from iam.outbox_dead_letter`.execute(db)
  return counted.rows[0]?.n ?? 0
}
