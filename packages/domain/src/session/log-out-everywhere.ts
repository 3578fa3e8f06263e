import { inTenant, type Db } from '../db/index.ts'
import type { Clock, Id, RequestOrigin } from '../kit/index.ts'
import { burySessions, endSessionsOf, scopeOfSessions } from './end-sessions-of.ts'
import type { SessionCache } from './session-cache.ts'

export interface LogOutEverywhere {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** The one that goes on, if any: that of whoever asks. */
  readonly except?: Id<'ses'>
  readonly origin: RequestOrigin
}

/** Ends all of a person's sessions, or all but one, in one transaction with audit and event of each. @returns how many. */
export async function logOutEverywhere(
  deps: { readonly db: Db; readonly clock: Clock; readonly sessionCache: SessionCache },
  { tenantId, userId, except, origin }: LogOutEverywhere,
): Promise<number> {
  const at = deps.clock()
  const actor = { type: 'user', id: userId } as const
  const ended = await inTenant(deps.db, scopeOfSessions({ tenantId, userId, at }), (tx) =>
    endSessionsOf(tx, { tenantId, userId, except, actor, reason: 'logged_out_everywhere', at, origin }),
  )
  await burySessions(deps, tenantId, ended)
  return ended.length
}
