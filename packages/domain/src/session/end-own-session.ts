import { inTenant, run, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import { endSession } from './end-session.ts'
import { ownSession } from './live-queries.ts'
import type { SessionCache } from './session-cache.ts'

export interface EndOwnSession {
  readonly tenantId: Id<'ten'>
  /** Whose session it is to be. */
  readonly userId: Id<'usr'>
  readonly sessionId: string
  readonly origin: RequestOrigin
}

/**
 * Ends one of a person's sessions at their word: the one they ask in, or another one. No proof of who they are is
 * asked for besides: whoever ends a session only takes something away, and a thief must be quick to be thrown out.
 * @throws Refusal `not_found`, with nothing changed, when they have no such session that stands.
 */
export async function endOwnSession(
  deps: { readonly db: Db; readonly clock: Clock; readonly sessionCache: SessionCache },
  { tenantId, userId, sessionId, origin }: EndOwnSession,
): Promise<void> {
  const query = ownSession({ tenantId, userId, sessionId, now: deps.clock() })
  const [found] = await inTenant(deps.db, { tenantId }, (tx) => run(tx, query))
  if (found === undefined) throw new Refusal('not_found')
  const actor = { type: 'user', id: userId } as const
  await endSession(deps, { tenantId, sessionId: found.id, actor, reason: 'revoked_by_user', origin })
}
