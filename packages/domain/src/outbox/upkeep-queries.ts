import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'

/** How many events wait to be relayed, and the age in seconds of the oldest: the worker's scale-up signal. */
export async function countUnsent(db: Executor): Promise<{ depth: number; oldest: number }> {
  const counted = await sql<{ depth: number; oldest: number }>`
    select count(*)::float8 as depth,
           coalesce(extract(epoch from iam.now() - min(o.occurred_at)), 0)::float8 as oldest
      from iam.relay_lease l
      join iam.outbox o on o.partition = l.partition and (o.xid, o.id) > (l.cursor_xid, l.cursor_id)`.execute(
    db,
  )
  return counted.rows[0] ?? { depth: 0, oldest: 0 }
}

/**
 * Deletes events that were relayed, oldest first.
 * @param keepFor seconds an event stays after it happened, for looking into.
 * @returns how many went, at most `limit`.
 */
export async function deleteSent(
  db: Executor,
  { keepFor, limit }: { keepFor: number; limit: number },
): Promise<number> {
  const deleted = await sql`
    with done as (
      select o.partition, o.xid, o.id from iam.relay_lease l
        join iam.outbox o on o.partition = l.partition and (o.xid, o.id) <= (l.cursor_xid, l.cursor_id)
       where o.occurred_at < iam.now() - make_interval(secs => ${keepFor})
       order by o.partition, o.xid, o.id limit ${limit}
    )
    delete from iam.outbox o using done
     where o.partition = done.partition and o.xid = done.xid and o.id = done.id`.execute(db)
  return Number(deleted.numAffectedRows ?? 0n)
}
