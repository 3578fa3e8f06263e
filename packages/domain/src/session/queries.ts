import { sql } from 'kysely'
import { build, type Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'

export interface NewSession {
  readonly tenantId: Id<'ten'>
  readonly id: Id<'ses'>
  readonly userId: Id<'usr'>
  /** Who holds it: an app by the refresh family of its grant, or a browser by its cookie. */
  readonly held:
    | { readonly by: 'app' }
    | { readonly by: 'browser'; readonly hash: Buffer; readonly idleSeconds: number }
  readonly amr: readonly string[]
  readonly acr: string
  readonly createdAt: Date
  readonly expiresAt: Date
  /** What `deviceOf` says of where it is opened. */
  readonly device: Buffer
  /** The registered device that it is on, if one was proved. */
  readonly provedDevice: Id<'dev'> | undefined
  /** Sealed, as is the name. */
  readonly seenFrom: Buffer | undefined
  readonly name: Buffer | undefined
}

// ast-grep-ignore: no-database-clock -- compared with the database's own times alone
const asOf = sql<number>`(extract(epoch from statement_timestamp()) * 1000)::float8`.as('asOf')

/** Adds a session; answers the database's time, in milliseconds: before its commit, and so before its end. */
export function insertSession(session: NewSession) {
  const { held } = session
  const browser =
    held.by === 'app'
      ? {}
      : { secret_hash: held.hash, idle_seconds: held.idleSeconds, last_seen_at: session.createdAt }
  return build
    .insertInto('iam.session')
    .values({
      tenant_id: session.tenantId,
      id: session.id,
      user_id: session.userId,
      kind: held.by,
      ...browser,
      amr: [...session.amr],
      acr: session.acr,
      auth_time: session.createdAt,
      created_at: session.createdAt,
      expires_at: session.expiresAt,
      device: session.device,
      proved_device: session.provedDevice,
      seen_from: session.seenFrom,
      name: session.name,
    })
    .returning(asOf)
    .compile()
}

export interface NewGrant {
  readonly tenantId: Id<'ten'>
  readonly id: Id<'grt'>
  readonly sessionId: Id<'ses'>
  readonly clientId: Id<'cli'>
  readonly audience: string
  readonly scope: string
  readonly status: { readonly shard: number; readonly slot: number }
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** Adds a client's grant to a session. */
export function insertGrant(grant: NewGrant) {
  return build
    .insertInto('iam.grant')
    .values({
      tenant_id: grant.tenantId,
      id: grant.id,
      session_id: grant.sessionId,
      client_id: grant.clientId,
      audience: grant.audience,
      scope: grant.scope,
      status_shard: grant.status.shard,
      status_slot: grant.status.slot,
      created_at: grant.createdAt,
      expires_at: grant.expiresAt,
    })
    .compile()
}

/** What a refresh mints from. It stands in the family's own row, because that row is all a rotation may read. */
export interface FamilyClaims {
  readonly aud: string
  readonly scope: string
  readonly amr: readonly string[]
  readonly acr: string
  readonly auth_time: number
  /** What the person is to other services; see `inbox/follow-membership.ts`. */
  readonly roles?: readonly string[]
  /** The grant's slot in a status list; missing of families that are older than the lists. */
  readonly status?: { readonly list: string; readonly idx: number }
}

export interface NewFamily {
  readonly tenantId: Id<'ten'>
  readonly id: Id<'rft'>
  readonly grantId: Id<'grt'>
  readonly sessionId: Id<'ses'>
  readonly userId: Id<'usr'>
  readonly clientId: Id<'cli'>
  readonly claims: FamilyClaims
  readonly hash: Buffer
  readonly idleSeconds: number
  readonly accessTokenSeconds: number
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly endsAt: Date
}

export const firstGeneration = 1
export const firstClaimsVersion = 1

/** Adds a grant's refresh family, with its first token's hash. */
export function insertFamily(family: NewFamily) {
  return build
    .insertInto('iam.refresh_family')
    .values({
      tenant_id: family.tenantId,
      id: family.id,
      grant_id: family.grantId,
      session_id: family.sessionId,
      user_id: family.userId,
      client_id: family.clientId,
      // As it is now, under the lock on the person's events: the login may have read it before it changed.
      claims: sql`(${JSON.stringify(family.claims)}::jsonb - 'roles') || iam.person_claims(${family.tenantId}, ${family.userId})`,
      generation: firstGeneration,
      cur_hash: family.hash,
      idle_seconds: family.idleSeconds,
      access_token_seconds: family.accessTokenSeconds,
      created_at: family.createdAt,
      expires_at: family.expiresAt,
      ends_at: family.endsAt,
    })
    .compile()
}

/**
 * The database's clock when this statement runs, in milliseconds. Flown before a statement that reads, it is
 * before that one's snapshot, which the reading statement's own time is not: so every revocation that the
 * reading did not see is heard of by a feed that is complete from this time on.
 */
export function databaseTime() {
  return build.selectNoFrom(asOf).compile()
}

/** A grant's session, revoked or not, with the user's address. */
export function sessionOfGrant(tenantId: Id<'ten'>, grantId: string) {
  return build
    .selectFrom('iam.grant as g')
    .innerJoin('iam.session as s', (join) =>
      join.onRef('s.tenant_id', '=', 'g.tenant_id').onRef('s.id', '=', 'g.session_id'),
    )
    .innerJoin('iam.user as u', (join) =>
      join.onRef('u.tenant_id', '=', 's.tenant_id').onRef('u.id', '=', 's.user_id'),
    )
    .select(['s.id as sessionId', 's.user_id as userId', 'u.email', 's.amr', 's.acr'])
    .select('u.step_up_since as stepUpSince')
    .select(['s.auth_time as authTime', 's.expires_at as expiresAt'])
    .select(['s.revoked_at as sessionRevokedAt', 'g.revoked_at as grantRevokedAt'])
    .where('g.tenant_id', '=', tenantId)
    .where('g.id', '=', grantId)
    .compile()
}

/** Ends the session with its grants, families and status slots. @returns false when it had ended before. */
export async function markSessionEnded(
  db: Executor,
  { tenantId, sessionId, reason, at }: { tenantId: Id<'ten'>; sessionId: string; reason: string; at: Date },
): Promise<boolean> {
  const ended = await sql<{ ended: boolean }>`
    select iam.end_session(${tenantId}, ${sessionId}, ${reason}, ${at}) as ended`.execute(db)
  return ended.rows[0]?.ended === true
}

/** The session's user, and every grant it has. */
export async function sessionWithGrants(
  db: Executor,
  tenantId: Id<'ten'>,
  sessionId: string,
): Promise<{ userId: Id<'usr'>; grantIds: string[] } | undefined> {
  const session = await db
    .selectFrom('iam.session')
    .select('user_id')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', sessionId)
    .executeTakeFirst()
  const grants = await db
    .selectFrom('iam.grant')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('session_id', '=', sessionId)
    .execute()
  if (session === undefined) return undefined
  return { userId: session.user_id as Id<'usr'>, grantIds: grants.map((grant) => grant.id) }
}
