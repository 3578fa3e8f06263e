import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'

/** An event's stream hashes to one of these; each is walked by one relay at a time. Fixed by the outbox's migration. */
export const partitionCount = 8

/** The right to advance one partition, fenced by its epoch: a relay that lost it cannot advance any more. */
export interface Lease {
  readonly partition: number
  readonly epoch: string
}

export interface Relay {
  /** Unique for each running relay. */
  readonly owner: string
  /** Seconds after which a lease or a membership that is not renewed is over. */
  readonly ttl: number
}

/**
 * Says that this relay lives, forgets those that do not, and renews its leases.
 * @returns the leases still held (a missing one was lost), and how many partitions are this relay's fair share.
 */
export async function renewLeases(db: Executor, relay: Relay): Promise<{ held: Lease[]; share: number }> {
  await sql`delete from iam.relay_member where expires_at <= iam.now() and owner <> ${relay.owner}`.execute(
    db,
  )
  await sql`
    insert into iam.relay_member (owner, expires_at)
    values (${relay.owner}, iam.now() + make_interval(secs => ${relay.ttl}))
    on conflict (owner) do update set expires_at = excluded.expires_at`.execute(db)
  const held = await sql<Lease>`
    update iam.relay_lease set expires_at = iam.now() + make_interval(secs => ${relay.ttl})
     where owner = ${relay.owner} and expires_at > iam.now()
    returning partition, epoch`.execute(db)
  const members = await sql<{ live: number }>`
    select count(*)::int as live from iam.relay_member where expires_at > iam.now()`.execute(db)
  return { held: held.rows, share: Math.ceil(partitionCount / Math.max(1, members.rows[0]?.live ?? 1)) }
}

/** Takes up to `wanted` partitions that are free or whose lease ran out. @returns the leases newly taken. */
export async function seizeLeases(db: Executor, relay: Relay, wanted: number): Promise<Lease[]> {
  if (wanted <= 0) return []
  const taken = await sql<Lease>`
    with free as (
      select partition from iam.relay_lease
       where expires_at <= iam.now()
       order by partition limit ${wanted}
       for update skip locked
    )
    update iam.relay_lease l
       set owner = ${relay.owner}, epoch = l.epoch + 1, expires_at = iam.now() + make_interval(secs => ${relay.ttl})
      from free where l.partition = free.partition
    returning l.partition, l.epoch`.execute(db)
  return taken.rows
}

/** Gives a partition back between two batches, so that another relay can take it at once. */
export async function releaseLease(db: Executor, lease: Lease): Promise<void> {
  await sql`
    update iam.relay_lease set expires_at = iam.now()
     where partition = ${lease.partition} and epoch = ${lease.epoch}`.execute(db)
}

/** Ends a relay's membership when it stops, so that the others share out its partitions at once. */
export async function leaveRelay(db: Executor, owner: string): Promise<void> {
  await sql`update iam.relay_lease set expires_at = iam.now() where owner = ${owner} and expires_at > iam.now()`.execute(
    db,
  )
  await sql`delete from iam.relay_member where owner = ${owner}`.execute(db)
}
