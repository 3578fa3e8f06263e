import { sql } from 'kysely'
import { build, type Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'

/**
 * Whether the session `s` stands: not revoked, not run out, and not idle for too long. A browser's is used when its
 * pages are, an app's when one of its refresh tokens is.
 */
export function isAlive(now: Date) {
  return sql<boolean>`
    s.revoked_at is null and s.expires_at > ${now} and case s.kind
      when 'browser' then s.last_seen_at + make_interval(secs => s.idle_seconds) > ${now}
      else exists (select from iam.refresh_family f
                    where f.tenant_id = s.tenant_id and f.session_id = s.id
                      and f.revoked_at is null and f.expires_at > ${now}) end`
}

/** A session as its person is shown it, what is sealed still sealed. */
export interface OwnSession {
  readonly id: Id<'ses'>
  readonly kind: 'browser' | 'app'
  readonly createdAt: Date
  readonly lastSeenAt: Date
  readonly amr: readonly string[]
  readonly seenFrom: Buffer | null
  readonly name: Buffer | null
}

type OfPerson = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'>; readonly now: Date }

/** A person's sessions that stand, the newest first, from after the one named on. */
export function ownSessions({
  tenantId,
  userId,
  now,
  before,
  limit,
}: OfPerson & { readonly before: string | undefined; readonly limit: number }) {
  return sql<OwnSession>`
    select s.id, s.kind, s.created_at as "createdAt", s.amr, s.seen_from as "seenFrom", s.name,
           greatest(s.created_at, s.last_seen_at, (
             select max(f.rotated[1]) from iam.refresh_family f
              where f.tenant_id = s.tenant_id and f.session_id = s.id)) as "lastSeenAt"
      from iam.session s
     where s.tenant_id = ${tenantId} and s.user_id = ${userId} and ${isAlive(now)}
       and (${before ?? null}::text is null or s.id < ${before ?? null})
     order by s.id desc limit ${limit}`.compile(build)
}

/** A person's session by its id, if it stands. */
export function ownSession({ tenantId, userId, sessionId, now }: OfPerson & { readonly sessionId: string }) {
  return sql<{ id: Id<'ses'> }>`
    select s.id from iam.session s
     where s.tenant_id = ${tenantId} and s.user_id = ${userId} and s.id = ${sessionId}
       and ${isAlive(now)}`.compile(build)
}

/** What is kept sealed of a person's session, whether it stands or not. */
export function sealedFactsOf({
  tenantId,
  userId,
  sessionId,
}: Omit<OfPerson, 'now'> & { readonly sessionId: string }) {
  return build
    .selectFrom('iam.session')
    .select(['id', 'seen_from as seenFrom', 'name', 'created_at as createdAt'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('id', '=', sessionId)
    .compile()
}

/** Names a person's session, if it stands. @returns false when they have no such one. */
export async function setSessionName(
  db: Executor,
  {
    tenantId,
    userId,
    sessionId,
    name,
    now,
  }: OfPerson & { readonly sessionId: string; readonly name: Buffer | null },
): Promise<boolean> {
  const named = await sql`
    update iam.session s set name = ${name}
     where s.tenant_id = ${tenantId} and s.user_id = ${userId} and s.id = ${sessionId}
       and ${isAlive(now)}`.execute(db)
  return named.numAffectedRows === 1n
}

type Ending = {
  readonly tenantId: Id<'ten'>
  readonly userId: string
  readonly except?: string | undefined
  readonly only?: string | undefined
  readonly at: Date
}

/**
 * Finds a person's sessions that are to end, and locks the stream of each, in the order in which everybody locks
 * streams. A transaction that ends them begins with this and the person's own stream, before it writes anything. Those
 * that ran out within a day are among them: a clock that is set back must not bring them to life again.
 */
export function lockSessionsOf({ tenantId, userId, except, only, at }: Ending) {
  return sql<{ id: string }>`
    select id, pg_advisory_xact_lock(k) from (
      select id, hashtextextended(tenant_id || ':' || id, 0) as k from iam.session
       where tenant_id = ${tenantId} and user_id = ${userId} and revoked_at is null
         and expires_at > ${at}::timestamptz - interval '1 day'
         and id <> ${except ?? ''} and id = coalesce(${only ?? null}, id)
       order by 2 offset 0
    ) ordered`.compile(build)
}
