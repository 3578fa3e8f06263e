import { inOneFlight, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { stepUpSinceOf } from '../user/index.ts'
import { recentEnough } from './require-recent-authentication.ts'

/** Since when a person's logins count, as `stepUpSinceOf` answers. */
export type SteppedUpSince = { readonly stepUpSince: Date | null } | undefined

type Login = {
  /** Seconds since the epoch. */
  readonly authTime: number
}

/** Whether a login is not from before the person's logins count. A proof of the very second counts. */
export function isSteppedUpSince({ authTime }: Login, person: SteppedUpSince): boolean {
  return authTime * 1000 >= (person?.stepUpSince?.getTime() ?? 0)
}

/**
 * Makes sure that a login is not from before one of the person's refresh tokens was stolen: whoever holds such a session
 * may be the thief, and proves who they are anew, by another login or a step-up, before they change what the account
 * hangs on, or administer.
 * @throws Refusal `reauthentication_required` (RFC 9470), which says how long ago it may be: until the theft.
 */
export function requireSteppedUpSince(
  { clock }: { readonly clock: Clock },
  login: Login,
  person: SteppedUpSince,
): void {
  if (isSteppedUpSince(login, person)) return
  const since = person?.stepUpSince?.getTime() ?? 0
  const elapsed = Math.floor((clock().getTime() - since) / 1000)
  throw new Refusal('reauthentication_required', { maxAge: Math.min(recentEnough, Math.max(0, elapsed)) })
}

/** The same, for where nothing else is read. */
export async function requireSteppedUp(
  deps: { readonly db: Db; readonly clock: Clock },
  {
    tenantId,
    userId,
    login,
  }: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'>; readonly login: Login },
): Promise<void> {
  const [[person]] = await inOneFlight(deps.db, { tenantId }, [stepUpSinceOf(tenantId, userId)])
  requireSteppedUpSince(deps, login, person)
}
