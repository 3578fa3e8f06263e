import { Refusal } from '../kit/index.ts'
import { endSessionsOf, findLiveSessions, type LiveSession } from '../session/index.ts'
import { administer, type AdministrationDeps } from './administer.ts'
import { administerUser, requireUser, type UserCall } from './administer-user.ts'

/** A session as administrators see it. Times in RFC 3339. */
export type SessionView = Omit<LiveSession, 'authTime' | 'createdAt' | 'expiresAt'> & {
  readonly authTime: string
  readonly createdAt: string
  readonly expiresAt: string
}

/** The sessions of a person that stand, the newest first. @throws Refusal `not_found`, and what `administer` refuses. */
export async function listUserSessions(deps: AdministrationDeps, call: UserCall): Promise<SessionView[]> {
  const { tenantId, userId } = call
  const target = { type: 'user', id: userId }
  const act = { action: 'sessions.listed', target, role: 'tenant.admin', reads: true } as const
  return administer(deps, call, act, async ({ tx, at }) => {
    await requireUser(tx, tenantId, userId)
    const sessions = await findLiveSessions(tx, { tenantId, userId, at })
    return {
      answer: sessions.map(({ authTime, createdAt, expiresAt, ...session }) => ({
        ...session,
        authTime: authTime.toISOString(),
        createdAt: createdAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
      })),
    }
  })
}

/**
 * Ends all sessions of a person, or one.
 * @throws Refusal what `administerUser` refuses, and `not_found` for a session that is not theirs or has ended.
 */
export async function endUserSessions(
  deps: AdministrationDeps,
  call: UserCall & { readonly sessionId?: string | undefined },
): Promise<void> {
  const { tenantId, userId, sessionId, origin } = call
  await administerUser(deps, call, { action: 'sessions.ended' }, async ({ tx, administrator, at }) => {
    const actor = { type: administrator.type, id: administrator.id }
    const reason = 'revoked_by_administrator'
    const ended = await endSessionsOf(tx, { tenantId, userId, only: sessionId, actor, reason, at, origin })
    if (sessionId !== undefined && ended.length === 0) throw new Refusal('not_found')
    return { ended, changed: ended.length > 0 }
  })
}
