import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'

/** The right to do a job that one worker does at a time, fenced by its epoch. */
export interface HeldLease {
  readonly name: string
  readonly owner: string
  readonly epoch: string
}

/**
 * Takes a free or expired lease, or renews one's own.
 * @param ttl seconds. @returns undefined while somebody else holds it.
 */
export async function holdLease(
  db: Executor,
  { name, owner, ttl }: { name: string; owner: string; ttl: number },
): Promise<HeldLease | undefined> {
  const held = await sql<{ epoch: string }>`
    insert into iam.leader_lease as l (name, owner, epoch, expires_at)
    values (${name}, ${owner}, 1, iam.now() + make_interval(secs => ${ttl}))
    on conflict (name) do update
      set owner = excluded.owner, expires_at = excluded.expires_at,
          epoch = case when l.owner = excluded.owner and l.expires_at > iam.now() then l.epoch else l.epoch + 1 end
      where l.owner = excluded.owner or l.expires_at <= iam.now()
    returning epoch`.execute(db)
  const [row] = held.rows
  return row === undefined ? undefined : { name, owner, epoch: row.epoch }
}

/**
 * Makes sure, inside the transaction that changes something, that the lease is still ours; the row stays locked
 * until it commits, so nobody takes the lease in between. @throws when it is not ours any more.
 */
export async function requireLease(tx: Executor, lease: HeldLease): Promise<void> {
  const held = await sql`
    select from iam.leader_lease where name = ${lease.name} and epoch = ${lease.epoch} for share`.execute(tx)
  if (held.rows.length === 0) throw new Error(`The lease ${lease.name} was lost to another worker.`)
}

/** Gives the lease back, so that the next one need not wait for it to run out. */
export async function releaseLease(db: Executor, lease: HeldLease): Promise<void> {
  await sql`
    update iam.leader_lease set expires_at = iam.now()
     where name = ${lease.name} and owner = ${lease.owner} and epoch = ${lease.epoch}`.execute(db)
}

/**
 * Ends whoever's lease it is, so that what they have begun changes nothing any more: for what an operator does in
 * their stead. They, or others, take it again in their next round.
 */
export async function endLease(tx: Executor, name: string): Promise<void> {
  await sql`
    update iam.leader_lease set epoch = epoch + 1, expires_at = iam.now() where name = ${name}`.execute(tx)
}
