import { inOneFlight, type Db } from '../db/index.ts'
import { hasSecondFactor, heldFactorsOf, type HeldFactor } from '../factor/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { stepUpSinceOf } from '../user/index.ts'
import { isTwiceProved } from './assurance.ts'
import { recentEnough, requireRecentAuthentication } from './require-recent-authentication.ts'
import { requireSteppedUp, requireSteppedUpSince } from './require-stepped-up.ts'

/** What an open session shows of its login. */
export interface ShownLogin {
  /** Seconds since the epoch. */
  readonly authTime: number
  /** What was proved (RFC 8176). */
  readonly amr: readonly string[]
}

/**
 * Makes sure that the person proved who they are not long ago, by a second factor too where they have one: for what
 * changes the factors themselves, which a device left unlocked must not, nor whoever knows just the password. After a
 * mailed link, too, the factor is all that is left to ask for, though such a login is never `aal2`.
 * A session of before a theft must not either.
 * @throws Refusal `reauthentication_required` (RFC 9470), which says how recent and how strong it must be.
 */
export async function requireStrongAuthentication(
  deps: { readonly db: Db; readonly clock: Clock },
  {
    tenantId,
    userId,
    login,
  }: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'>; readonly login: ShownLogin },
): Promise<void> {
  const [held, [person]] = await inOneFlight(deps.db, { tenantId }, [
    heldFactorsOf({ tenantId, userId }),
    stepUpSinceOf(tenantId, userId),
  ])
  requireStrongLogin(deps, { login, held })
  requireSteppedUpSince(deps, login, person)
}

/**
 * The rule of `requireStrongAuthentication` for who has looked up the person's factors.
 * @throws Refusal `reauthentication_required` (RFC 9470).
 */
export function requireStrongLogin(
  deps: { readonly clock: Clock },
  { login, held }: { readonly login: ShownLogin; readonly held: readonly HeldFactor[] },
): void {
  if (hasSecondFactor(held) && !isTwiceProved(login.amr))
    throw new Refusal('reauthentication_required', { maxAge: recentEnough, acr: 'aal2' })
  requireRecentAuthentication(deps, login)
}

/** Whether `requireStrongAuthentication` would let the person do it. */
export async function isStronglyAuthenticated(
  deps: { readonly db: Db; readonly clock: Clock },
  asked: Parameters<typeof requireStrongAuthentication>[1],
): Promise<boolean> {
  return isAllowed(requireStrongAuthentication(deps, asked))
}

/** Whether `requireSteppedUp` would let the person do it. */
export async function isSteppedUp(
  deps: { readonly db: Db; readonly clock: Clock },
  asked: Parameters<typeof requireSteppedUp>[1],
): Promise<boolean> {
  return isAllowed(requireSteppedUp(deps, asked))
}

async function isAllowed(required: Promise<void>): Promise<boolean> {
  return required.then(
    () => true,
    (error: unknown) => {
      if (error instanceof Refusal) return false
      throw error
    },
  )
}
