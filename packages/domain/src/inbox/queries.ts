import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { ReceivedEvent } from './received-event.ts'

/** Notes that an event has its effect now. @returns false when it had it before. */
export async function claimEvent(
  tx: Executor,
  { tenantId, eventId, subject }: ReceivedEvent,
  at: Date,
): Promise<boolean> {
  const claimed = await tx
    .insertInto('iam.inbox_event')
    .values({ tenant_id: tenantId, event_id: eventId, subject, received_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .returning('event_id')
    .executeTakeFirst()
  return claimed !== undefined
}

/** Moves on to where an event stands. @returns false when something later about the same thing was here already. */
export async function advancePosition(
  tx: Executor,
  { tenantId, sequence, occurredAt }: ReceivedEvent,
  about: string,
): Promise<boolean> {
  const advanced = await sql`
    insert into iam.inbox_position as p (tenant_id, about, sequence, occurred_at)
    values (${tenantId}, ${about}, ${sequence ?? null}, ${occurredAt})
    on conflict (tenant_id, about) do update
       set sequence = coalesce(excluded.sequence, p.sequence), occurred_at = excluded.occurred_at
      where coalesce(p.sequence < excluded.sequence, p.occurred_at < excluded.occurred_at)
    returning about`.execute(tx)
  return advanced.rows.length === 1
}

/** Deletes what no broker brings again: it keeps messages for a month at most. @returns how many went. */
export async function deleteOldReceived(db: Executor, { limit }: { limit: number }): Promise<number> {
  const deleted = await sql`
    delete from iam.inbox_event e using (
      select tenant_id, event_id from iam.inbox_event
       where received_at < iam.now() - interval '90 days' limit ${limit}
    ) old where e.tenant_id = old.tenant_id and e.event_id = old.event_id`.execute(db)
  return Number(deleted.numAffectedRows ?? 0n)
}
