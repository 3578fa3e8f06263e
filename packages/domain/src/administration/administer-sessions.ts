import { Refusal } from '../kit/index.ts'
import { endSessionsOf, listSessionsWithin, type ListedSession } from '../session/index.ts'
import { administer, type AdministrationDeps } from './administer.ts'
import { administerUser, requireUser, type UserCall } from './administer-user.ts'

/** A session as administrators see it. Times in RFC 3339. */
export type SessionView = Omit<ListedSession, 'createdAt' | 'lastSeenAt'> & {
  readonly createdAt: string
  readonly lastSeenAt: string
}

export type ListUserSessions = UserCall & { readonly after: string | undefined; readonly limit: number }

/**
 * The sessions of a person that stand, the newest first, page by page.
 * @throws Refusal `not_found`, and what `administer` refuses.
 */
export async function listUserSessions(
  deps: AdministrationDeps,
  call: ListUserSessions,
): Promise<{ readonly items: SessionView[]; readonly last: string | undefined }> {
  const { tenantId, userId, after, limit } = call
  const target = { type: 'user', id: userId }
  const act = { action: 'sessions.listed', target, role: 'tenant.admin', reads: true } as const
  return administer(deps, call, act, async ({ tx }) => {
    await requireUser(tx, tenantId, userId)
    const { items, last } = await listSessionsWithin(tx, deps, { tenantId, userId, after, limit })
    return { answer: { items: items.map(view), last } }
  })
}

function view({ createdAt, lastSeenAt, ...session }: ListedSession): SessionView {
  return { ...session, createdAt: createdAt.toISOString(), lastSeenAt: lastSeenAt.toISOString() }
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
  await administerUser(
    deps,
    call,
    { action: 'sessions.ended', endsSessions: true },
    async ({ tx, administrator, at }) => {
      const actor = { type: administrator.type, id: administrator.id }
      const reason = 'revoked_by_administrator'
      const ended = await endSessionsOf(tx, { tenantId, userId, only: sessionId, actor, reason, at, origin })
      if (sessionId !== undefined && ended.length === 0) throw new Refusal('not_found')
      return { ended, changed: ended.length > 0 }
    },
  )
}
