import { appendAudit } from '../audit/index.ts'
import { inTenant, run, streamKey, type Db } from '../db/index.ts'
import type { Clock, Id, RequestOrigin } from '../kit/index.ts'
import { appendEvent, type PayloadOf } from '../outbox/index.ts'
import { markSessionEnded, sessionWithGrants } from './queries.ts'
import type { SessionCache } from './session-cache.ts'

export interface EndSession {
  readonly tenantId: Id<'ten'>
  readonly sessionId: Id<'ses'>
  readonly actor: { readonly type: 'user' | 'operator' | 'system'; readonly id?: string }
  readonly reason: PayloadOf<'session.revoked'>['reason']
  readonly origin: RequestOrigin
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
        const common = { tenantId, at, origin }
        const target = { type: 'session', id: sessionId }
        const event = { type: 'session.revoked', payload: { sessionId, userId, reason } } as const
        await run(
          tx,
          appendAudit({ ...common, actor, action: 'session.revoked', target, outcome: 'success', reason }),
        )
        await run(tx, appendEvent({ ...common, aggregateId: sessionId, event }))
      }
      return session.grantIds
    },
  )
  await Promise.all(grantIds.map((grantId) => deps.sessionCache.bury(tenantId, grantId)))
}
