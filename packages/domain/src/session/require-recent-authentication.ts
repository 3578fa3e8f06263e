import { Refusal, type Clock } from '../kit/index.ts'

/** How recently people prove who they are before they change what their account hangs on, in seconds. */
export const recentEnough = 300

type Deps = { readonly clock: Clock }
/** Whoever asks, with the time of their login in seconds since the epoch. */
type Authenticated = { readonly authTime: number }

/**
 * Makes sure that the person proved who they are not long ago, before something that a device left unlocked must not
 * do: another password, another address, another factor (ASVS 5.0 7.5.1). Where a verb asks for the password itself,
 * that is the proof. Ending sessions needs none: it only takes away, and a thief must be quick to be thrown out.
 * @param seconds how long ago that may be.
 * @throws Refusal `reauthentication_required` (RFC 9470), which says how long ago it may be.
 */
export function requireRecentAuthentication(
  deps: Deps,
  session: Authenticated,
  seconds: number = recentEnough,
): void {
  if (!isRecentlyAuthenticated(deps, session, seconds)) {
    throw new Refusal('reauthentication_required', { maxAge: seconds })
  }
}

/** Whether the person proved who they are not long ago. */
export function isRecentlyAuthenticated(
  { clock }: Deps,
  { authTime }: Authenticated,
  seconds: number = recentEnough,
): boolean {
  return Math.floor(clock().getTime() / 1000) - authTime <= seconds
}
