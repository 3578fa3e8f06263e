import { randomBytes } from 'node:crypto'
import { inOneFlight } from '../db/index.ts'
import type { Id, RequestOrigin } from '../kit/index.ts'
import { mintOpaqueToken } from '../opaque-token/index.ts'
import { readBrowserToken } from './browser-token.ts'
import { loginOf, type Cleared } from './clear-login.ts'
import { endLeaving, lockLeaving } from './make-room.ts'
import { planOpening, rowOf, type OpenDeps } from './opening.ts'
import { insertSession } from './queries.ts'
import { recordOpened } from './record-opened.ts'
import { requireStanding } from './require-standing.ts'

export interface OpenBrowserSession {
  /** Whose it is to be, by what `clearLogin` let in. */
  readonly cleared: Cleared
  /** The token of the session cookie that the browser holds already, whosever it is. */
  readonly previous: string | undefined
  readonly origin: RequestOrigin
}

export interface OpenedBrowserSession {
  /** For the browser's cookie: shown once, never stored. */
  readonly token: string
  /** Until the session's end at the latest, in seconds. */
  readonly maxAge: number
  readonly session: { readonly id: Id<'ses'> }
  readonly user: { readonly id: Id<'usr'>; readonly tenantId: Id<'ten'>; readonly email: string }
}

/**
 * Opens a session that a browser holds by its cookie; it has no grant until a client asks for one. Id and secret are
 * new, whatever the browser held before: that session ends, as does the person's oldest one where there are too many.
 * One flight.
 */
export async function openBrowserSession(
  deps: OpenDeps,
  input: OpenBrowserSession,
): Promise<OpenedBrowserSession> {
  const { origin } = input
  const { user, policy, also } = loginOf(input.cleared)
  const now = deps.clock()
  const opening = planOpening(input, now)
  const { tenantId, userId, sessionId, streams } = opening
  const { token, hash } = mintOpaqueToken(deps.secrets.of('token-tag').current(now), {
    type: 'session',
    tenantId,
    objectId: sessionId,
    generation: 1,
    secret: randomBytes(32),
  })
  const previous =
    input.previous === undefined ? undefined : readBrowserToken(deps, { tenantId, token: input.previous })
  const room = { tenantId, userId, maxSessions: policy.maxSessions, previous, at: now, origin }
  const held = { by: 'browser', hash, idleSeconds: policy.sessionIdleSeconds } as const
  const [, gone] = await inOneFlight(deps.db, { tenantId, streams }, [
    lockLeaving(room),
    endLeaving(room),
    insertSession({ ...rowOf(deps, opening, undefined), held }),
    ...recordOpened(deps, opening),
    requireStanding(opening),
    ...also,
  ])
  await Promise.all(gone.map(({ grantId }) => deps.sessionCache.bury(tenantId, grantId)))
  return {
    token,
    maxAge: policy.sessionSeconds,
    session: { id: sessionId },
    user: { id: userId, tenantId, email: user.email },
  }
}
