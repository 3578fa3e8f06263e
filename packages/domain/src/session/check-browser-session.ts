import { inOneFlight, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { readBrowserToken, type BrowserToken, type PresentedBrowserToken } from './browser-token.ts'
import { endSession, type EndSession } from './end-session.ts'
import { formKeyOf, type FormKey } from './form-token.ts'
import { touchBrowserSession, type TouchedSession } from './browser-queries.ts'
import type { SessionCache } from './session-cache.ts'

/** A browser's session that stands, and whose it is. */
export interface BrowserSession {
  readonly tenantId: Id<'ten'>
  readonly sessionId: Id<'ses'>
  readonly userId: Id<'usr'>
  readonly email: string
  readonly locale: string
  readonly amr: readonly string[]
  readonly acr: string
  /** When the person proved who they are, in seconds since the epoch. */
  readonly authTime: number
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** What the forms of this session's pages are tied to. */
  readonly formKey: FormKey
}

export type CheckBrowserDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: SecretRings
  readonly sessionCache: SessionCache
}

/**
 * Whose session a browser's token is. One flight, which also notes, at most once a minute, that the session is used.
 * One that is over is ended for good: a clock that is set back later does not bring it to life again.
 * @throws Refusal `session_ended` for a token that is not ours or another tenant's, and for a session that was
 *   revoked, has run out, has lain idle too long, or whose account is not active any more.
 */
export async function checkBrowserSession(
  deps: CheckBrowserDeps,
  presented: PresentedBrowserToken,
): Promise<BrowserSession> {
  const token = readBrowserToken(deps, presented)
  if (token === undefined) throw new Refusal('session_ended')
  const { tenantId } = presented
  const now = deps.clock()
  const [[session]] = await inOneFlight(deps.db, { tenantId }, [
    touchBrowserSession({ tenantId, ...token, now }),
  ])
  if (session === undefined || session.revokedAt !== null) throw new Refusal('session_ended')
  const over = whyOver(session, now)
  if (over !== undefined) return refuse(deps, { tenantId, sessionId: token.sessionId, reason: over })
  return answer(tenantId, token, session)
}

function whyOver(session: TouchedSession, now: Date): EndSession['reason'] | undefined {
  if (session.status !== 'active') return session.status === 'erased' ? 'user_erased' : 'user_suspended'
  const idleUntil = session.lastSeenAt.getTime() + session.idleSeconds * 1000
  return Math.min(session.expiresAt.getTime(), idleUntil) > now.getTime() ? undefined : 'expired'
}

async function refuse(
  deps: CheckBrowserDeps,
  session: Pick<EndSession, 'tenantId' | 'sessionId' | 'reason'>,
): Promise<never> {
  await endSession(deps, { ...session, actor: { type: 'system' } })
  throw new Refusal('session_ended')
}

function answer(
  tenantId: Id<'ten'>,
  { sessionId, secret }: BrowserToken,
  session: TouchedSession,
): BrowserSession {
  const { userId, email, locale, amr, acr, authTime, expiresAt } = session
  return {
    tenantId,
    sessionId,
    userId,
    email,
    locale,
    amr,
    acr,
    authTime: Math.floor(authTime.getTime() / 1000),
    expiresAt: expiresAt.getTime(),
    formKey: formKeyOf(secret),
  }
}
