export { acrOf, isTwiceProved, withProof, withSecondStep, type Acr } from './assurance.ts'
export type { Authenticated } from './authenticated.ts'
export { authenticateWithPassword, type AuthenticateWithPassword } from './authenticate-with-password.ts'
export { checkBrowserSession, type BrowserSession } from './check-browser-session.ts'
export { checkSession, type CheckedSession } from './check-session.ts'
export { clearLogin, type ClearDeps, type Cleared, type ClearLogin } from './clear-login.ts'
export { decideClearance, type Clearance, type ToClear } from './decide-clearance.ts'
export { describeAgent, type Agent } from './describe-agent.ts'
export {
  describeReuse,
  listReusesWithin,
  type ListedReuse,
  type Party,
  type Reuse,
} from './describe-reuse.ts'
export { deviceOfSession, keepDevice, sessionsOfDevice } from './device-queries.ts'
export { endBrowserSession } from './end-browser-session.ts'
export { endOwnSession, type EndOwnSession } from './end-own-session.ts'
export { endSession, type EndSession } from './end-session.ts'
export {
  burySessions,
  endSessionsOf,
  scopeOfSessions,
  type EndedSession,
  type EndSessionsOf,
} from './end-sessions-of.ts'
export { forgetSessions } from './forget-sessions.ts'
export { streamOfUnknown, subjectHmacOf } from './fingerprint.ts'
export {
  beginEnrolment,
  beginPasskeyEnrolment,
  logInBrowserByEnrolling,
  logInByEnrolling,
  type AddedFactor,
  type ConfirmAtLogin,
  type EnrolAtLogin,
} from './enrol-at-login.ts'
export { fitsFormToken, formTokenOf, type FormKey } from './form-token.ts'
export {
  listSessions,
  listSessionsWithin,
  type ListedSession,
  type ListSessions,
  type SessionPage,
} from './list-sessions.ts'
export {
  logInBrowserWithFactor,
  logInWithFactor,
  type LogInBrowserWithFactor,
} from './log-in-with-factor.ts'
export type { AuthenticateWithFactor } from './authenticate-with-factor.ts'
export {
  logInBrowserWithPassword,
  logInWithPassword,
  type LogInBrowserWithPassword,
  type LogInWithPassword,
} from './log-in-with-password.ts'
export {
  logInBrowserWithPasskey,
  logInWithPasskey,
  type LogInBrowserWithPasskey,
  type LogInWithPasskey,
} from './log-in-with-passkey.ts'
export { logOutEverywhere, type LogOutEverywhere } from './log-out-everywhere.ts'
export { logOut, type LogOut } from './log-out.ts'
export {
  openBrowserSession,
  type OpenBrowserSession,
  type OpenedBrowserSession,
} from './open-browser-session.ts'
export { lookUpLogin, type LoginOf } from './look-up-login.ts'
export type { ChallengeAnswer } from './prove-factor.ts'
export { findPendingLogin, type PendingLogin } from './pending-login.ts'
export { raiseBrowserSession, type RenewedCookie } from './raise-browser-session.ts'
export { provedIn, raiseSession, type RaiseDeps, type RaisedSession, type Raising } from './raise-session.ts'
export { openPreSession, readPreSession, type PreSession } from './pre-session.ts'
export { proveDevice, type ProveDevice } from './prove-device.ts'
export { replayLogin } from './replay-login.ts'
export { renewClaims } from './renew-claims.ts'
export { renameSession, type RenameSession } from './rename-session.ts'
export { openSession, type OpenSession, type OpenSessionDeps } from './open-session.ts'
export type { IssuedSession } from './issued-session.ts'
export { RefreshFlights } from './refresh-flights.ts'
export { refreshSession, type RefreshSession } from './refresh-session.ts'
export {
  isRecentlyAuthenticated,
  recentEnough,
  requireRecentAuthentication,
} from './require-recent-authentication.ts'
export { unlessOvertaken } from './require-standing.ts'
export {
  isSteppedUp,
  isStronglyAuthenticated,
  requireStrongAuthentication,
  requireStrongLogin,
  type ShownLogin,
} from './require-strong-authentication.ts'
export { requireSteppedUp, requireSteppedUpSince, type SteppedUpSince } from './require-stepped-up.ts'
export { beginStepUp, stepUp, type StepUp } from './step-up.ts'
export { deleteOldReuses } from './reuse-queries.ts'
export { daysOfDevice, holdsOf, isTrustedUnder } from './trusted-device.ts'
export { RevocationFeed } from './revocation-feed.ts'
export { readSessionFacts, type SessionFacts } from './session-facts.ts'
export { SessionCache, type VersionedCache } from './session-cache.ts'
export type { SessionEntry } from './session-entry.ts'
export { buryEndedSessions } from './bury-ended-sessions.ts'
export {
  beforeAllRevocations,
  deleteOldRevocations,
  deleteOldSessions,
  type RevocationCursor,
} from './upkeep-queries.ts'
