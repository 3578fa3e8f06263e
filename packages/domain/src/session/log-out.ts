import { inOneFlight, type Db } from '../db/index.ts'
import type { Clock, Id, RequestOrigin } from '../kit/index.ts'
import { endSession } from './end-session.ts'
import { sessionOfGrant } from './queries.ts'
import type { SessionCache } from './session-cache.ts'

export interface LogOut {
  readonly tenantId: Id<'ten'>
  /** The grant of the token that the caller holds. */
  readonly grantId: string
  readonly origin: RequestOrigin
}

/** Ends the session that a token belongs to. Logging out of one that has ended is no error, so a retry is safe. */
export async function logOut(
  deps: { db: Db; clock: Clock; sessionCache: SessionCache },
  { tenantId, grantId, origin }: LogOut,
): Promise<void> {
  const [[found]] = await inOneFlight(deps.db, { tenantId }, [sessionOfGrant(tenantId, grantId)])
  if (found === undefined) return
  const sessionId = found.sessionId as Id<'ses'>
  const actor = { type: 'user', id: found.userId } as const
  await endSession(deps, { tenantId, sessionId, actor, reason: 'logged_out', origin })
}
