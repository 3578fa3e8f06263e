import { randomInt } from 'node:crypto'
import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import { slotsPerList } from '../status-list-token/index.ts'
import { longestToken, restSeconds } from './rest.ts'

/** Which lists there are, and in which a slot was revoked since an earlier reading. */
export interface ListChanges {
  /** What the next reading starts from: the lowest transaction that was still running. */
  readonly cursor: string
  readonly shards: readonly number[]
  /** Those of them that were never open, in their order. */
  readonly closed: readonly number[]
  readonly changed: readonly number[]
}

/**
 * What changed since `cursor`, by one snapshot. A transaction that was running then is read again later, and those
 * between are read twice: no revocation is missed, however late it commits. @param cursor none: nothing is compared.
 */
export async function readListChanges(db: Executor, cursor: string | undefined): Promise<ListChanges> {
  const read = await sql<ListChanges>`
    select pg_snapshot_xmin(pg_current_snapshot())::text as cursor,
           array(select shard from iam.status_list order by shard) as shards,
           array(select shard from iam.status_list where opens_at is null order by shard) as closed,
           array(select distinct shard from iam.status_list_entry
                  where revoked_xid >= ${cursor ?? null}::xid8) as changed`.execute(db)
  const [changes] = read.rows
  if (changes === undefined) throw new Error('The status lists answered nothing.')
  return changes
}

/** The slots of each list whose grant was revoked and may have left a token that has not ended yet. */
export async function readRevokedSlots(
  db: Executor,
  shards: readonly number[],
): Promise<ReadonlyMap<number, readonly number[]>> {
  const read = await sql<{ shard: number; slots: number[] }>`
    select shard, array_agg(slot) as slots from iam.status_list_entry e
     where shard = any(${[...shards]}::int[]) and revoked_at is not null
       and ends_at > iam.now() - make_interval(secs => ${longestToken})
     group by shard`.execute(db)
  return new Map(read.rows.map(({ shard, slots }) => [shard, slots]))
}

/** Lets slots of these lists be taken so many seconds from now, those that were closed. */
export async function openLists(db: Executor, shards: readonly number[], after: number): Promise<void> {
  await sql`
    update iam.status_list set opens_at = iam.now() + make_interval(secs => ${after})
     where shard = any(${[...shards]}::int[]) and opens_at is null`.execute(db)
}

const sampled = 1024
const finest = 2 ** 48 - 1

/** How many lists there are, and how full those that are open are, by a sample: counting ten million slots is no work for every minute. */
export async function sampleFill(db: Executor): Promise<{ lists: number; fill: number }> {
  const places = Array.from({ length: sampled }, () => randomInt(finest) / finest)
  const read = await sql<{ lists: number; taken: number }>`
    with open as (select count(*) * ${slotsPerList}::int as slots from iam.status_list where opens_at <= iam.now()),
    place as (select floor(place * slots)::int as n from unnest(${places}::float8[]) place, open)
    select (select count(*)::int from iam.status_list) as lists, count(e.slot)::int as taken
      from place left join iam.status_list_entry e
        on e.shard = n / ${slotsPerList}::int and e.slot = n % ${slotsPerList}::int
       and e.ends_at > iam.now() - make_interval(secs => ${restSeconds})`.execute(db)
  const { lists = 0, taken = 0 } = read.rows[0] ?? {}
  return { lists, fill: taken / sampled }
}

/** Adds a list, closed until it is published. @returns false when there is one of that number. */
export async function addList(db: Executor, shard: number): Promise<boolean> {
  const added = await sql`
    insert into iam.status_list (shard) values (${shard}) on conflict (shard) do nothing returning shard`.execute(
    db,
  )
  return added.rows.length === 1
}
