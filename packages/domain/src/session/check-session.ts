import { inOneFlight, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { unproved } from './assurance.ts'
import { databaseTime, sessionOfGrant } from './queries.ts'
import { isSteppedUpSince } from './require-stepped-up.ts'
import type { RevocationFeed } from './revocation-feed.ts'
import type { SessionCache } from './session-cache.ts'
import type { SessionEntry } from './session-entry.ts'

export type CheckedSession = SessionEntry

export type CheckSessionDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly sessionCache: SessionCache
  readonly revocations: RevocationFeed
}

/**
 * Whether the session behind a verified token still stands. In the steady state this asks the cache alone; its
 * word counts only while the revocation feed vouches for it, otherwise the database is asked.
 * @throws Refusal `session_ended` when it was revoked or its time is over.
 */
export async function checkSession(
  deps: CheckSessionDeps,
  { tenantId, grantId }: { tenantId: Id<'ten'>; grantId: Id<'grt'> },
): Promise<CheckedSession> {
  if (deps.revocations.hasEnded(grantId)) throw new Refusal('session_ended')
  const cached = await deps.sessionCache.find(tenantId, grantId)
  if (cached === 'ended') throw new Refusal('session_ended')
  const entry = cached !== undefined && deps.revocations.vouchesFor(grantId, cached.asOf) ? cached : undefined
  const session = entry ?? (await readSession(deps, { tenantId, grantId }))
  if (session.expiresAt <= deps.clock().getTime()) throw new Refusal('session_ended')
  return session
}

/** Reads a grant's session from the database and fills the cache. @throws Refusal `session_ended`. */
export async function readSession(
  deps: Pick<CheckSessionDeps, 'db' | 'clock' | 'sessionCache'>,
  { tenantId, grantId }: { tenantId: Id<'ten'>; grantId: Id<'grt'> },
): Promise<SessionEntry> {
  const [[time], [row]] = await inOneFlight(deps.db, { tenantId }, [
    databaseTime(),
    sessionOfGrant(tenantId, grantId),
  ])
  if (row === undefined || row.sessionRevokedAt !== null || row.grantRevokedAt !== null) {
    throw new Refusal('session_ended')
  }
  const authTime = Math.floor(row.authTime.getTime() / 1000)
  const entry: SessionEntry = {
    sessionId: row.sessionId as Id<'ses'>,
    userId: row.userId as Id<'usr'>,
    email: row.email,
    amr: row.amr,
    acr: isSteppedUpSince({ authTime }, row) ? row.acr : unproved,
    authTime,
    expiresAt: row.expiresAt.getTime(),
    asOf: time?.asOf ?? 0,
  }
  await deps.sessionCache.fill(tenantId, grantId, entry, deps.clock())
  return entry
}
