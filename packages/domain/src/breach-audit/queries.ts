import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'

type Person = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }

/** Whose addresses are to be looked for. */
export interface Due {
  readonly tenantId: Id<'ten'>
  /** Who was looked for at this time or later is not asked for again, unless their address is another. */
  readonly notSince: Date
}

/** Active people with a confirmed address: one that is not may be somebody else's. */
const due = ({ tenantId, notSince }: Due) => sql`
  from iam."user" u left join iam.breach_look l on l.tenant_id = u.tenant_id and l.user_id = u.id
 where u.tenant_id = ${tenantId} and u.status = 'active' and u.email_verified_at is not null
   and (l.asked_at is null or l.asked_at < ${notSince} or l.asked_at < u.email_verified_at)`

/** Who is due, those who never were looked for first. Ids alone: an address is read when its turn has come. */
export async function peopleDue(
  db: Executor,
  wanted: Due & { readonly limit: number },
): Promise<Id<'usr'>[]> {
  const found = await sql<{ id: Id<'usr'> }>`
    select u.id ${due(wanted)} order by l.asked_at nulls first, u.id limit ${wanted.limit}`.execute(db)
  return found.rows.map(({ id }) => id)
}

/** How many are due. */
export async function countDue(db: Executor, wanted: Due): Promise<number> {
  const counted = await sql<{
    people: number
  }>`select count(*)::int as people ${due(wanted)} having count(*) > 0`.execute(db)
  return counted.rows[0]?.people ?? 0
}

/** Notes that a person's address was looked for. */
export async function insertLook(db: Executor, { tenantId, userId }: Person, at: Date): Promise<void> {
  await sql`
    insert into iam.breach_look (tenant_id, user_id, asked_at) values (${tenantId}, ${userId}, ${at})
    on conflict (tenant_id, user_id) do update set asked_at = excluded.asked_at`.execute(db)
}

/** A breach that a person's address is in. */
export interface KeptBreach {
  readonly name: string
  /** A day: yyyy-mm-dd. */
  readonly breachedOn: string
  readonly hasPasswords: boolean
}

/** Keeps the breaches that a person's address is in. @returns the names of those that were not known before. */
export async function insertFound(
  db: Executor,
  { tenantId, userId }: Person,
  { breaches, at }: { readonly breaches: readonly KeptBreach[]; readonly at: Date },
): Promise<string[]> {
  const inserted = await sql<{ breach: string }>`
    insert into iam.breach_found (tenant_id, user_id, breach, breached_on, has_passwords, found_at)
    select ${tenantId}, ${userId}, breach, breached_on, has_passwords, ${at}
      from unnest(${breaches.map(({ name }) => name)}::text[],
                  ${breaches.map(({ breachedOn }) => breachedOn)}::date[],
                  ${breaches.map(({ hasPasswords }) => hasPasswords)}::boolean[])
           as b (breach, breached_on, has_passwords)
    on conflict do nothing
    returning breach`.execute(db)
  return inserted.rows.map(({ breach }) => breach)
}

/** What one look found: those that told passwords first, then the newest. */
export async function breachesFoundAt(
  db: Executor,
  { tenantId, userId, at }: Person & { readonly at: Date },
): Promise<KeptBreach[]> {
  const found = await sql<KeptBreach>`
    select breach as name, breached_on::text as "breachedOn", has_passwords as "hasPasswords"
      from iam.breach_found where tenant_id = ${tenantId} and user_id = ${userId} and found_at = ${at}
     order by has_passwords desc, breached_on desc, breach`.execute(db)
  return found.rows
}

/** Deletes what is known of a person: part of erasing the person. */
export async function forgetBreaches(db: Executor, { tenantId, userId }: Person): Promise<void> {
  for (const table of ['iam.breach_look', 'iam.breach_found'] as const)
    await db.deleteFrom(table).where('tenant_id', '=', tenantId).where('user_id', '=', userId).execute()
}

/** Milliseconds: whoever waits longer was put there by a clock that went wrong. */
const longest = 3_600_000

/**
 * Takes the next turn to ask the service: all workers together ask no more often than one in so many milliseconds,
 * also those that were killed and came back. @returns when the turn is.
 */
export async function takeTurn(
  db: Executor,
  { apart, now }: { readonly apart: number; readonly now: Date },
): Promise<Date> {
  const first = new Date(now.getTime() + apart)
  const most = new Date(now.getTime() + longest)
  const taken = await sql<{ next: Date }>`
    insert into iam.breach_pace as p (next_at) values (${first})
    on conflict (only_one) do update
       set next_at = greatest(least(p.next_at, ${most}), ${now}) + ${apart} * interval '1 millisecond'
    returning next_at as next`.execute(db)
  const { next } = taken.rows[0] ?? { next: first }
  return new Date(next.getTime() - apart)
}

/** Has nobody ask before then. */
export async function holdBack(db: Executor, until: Date): Promise<void> {
  await sql`
    insert into iam.breach_pace as p (next_at) values (${until})
    on conflict (only_one) do update set next_at = greatest(p.next_at, excluded.next_at)`.execute(db)
}
