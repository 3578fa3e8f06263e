import { inTenant, streamKey, type Db } from '../db/index.ts'
import type { Clock, Id, RequestOrigin } from '../kit/index.ts'
import type { PayloadOf } from '../outbox/index.ts'
import { recordEnded } from './end-sessions-of.ts'
import { markSessionEnded, sessionWithGrants } from './queries.ts'
import type { SessionCache } from './session-cache.ts'

export interface EndSession {
  readonly tenantId: Id<'ten'>
  readonly sessionId: Id<'ses'>
  readonly actor: { readonly type: 'user' | 'operator' | 'system'; readonly id?: string }
  readonly reason: PayloadOf<'session.revoked'>['reason']
  /** The request that brought it about, if one did. */
  readonly origin?: RequestOrigin
}

/**
 * Ends a session: its grants, refresh families and status slots with it, in one transaction with audit and
 * event; then tombstones its cache entries. Ending it again changes nothing.
 */
export async function endSession(
  deps: { db: Db; clock: Clock; sessionCache: SessionCache },
  { tenantId, sessionId, actor, reason, origin }: EndSession,
): Promise<void> {
  const at = deps.clock()
  const grantIds = await inTenant(
    deps.db,
    { tenantId, streams: [streamKey(tenantId, sessionId)] },
    async (tx) => {
      const session = await sessionWithGrants(tx, tenantId, sessionId)
      if (session === undefined) return []
      if (await markSessionEnded(tx, { tenantId, sessionId, reason, at })) {
        const { userId } = session
        const common = { tenantId, userId, sessionId, actor, reason, at }
        await recordEnded(tx, origin === undefined ? common : { ...common, origin })
      }
      return session.grantIds
    },
  )
  await Promise.all(grantIds.map((grantId) => deps.sessionCache.bury(tenantId, grantId)))
}
