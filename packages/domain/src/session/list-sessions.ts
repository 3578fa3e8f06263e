import { inOneFlight, type Db } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { userKeyOf } from '../user/index.ts'
import { ownSessions, type OwnSession } from './live-queries.ts'
import { factsOpener, type SessionFacts } from './session-facts.ts'

export interface ListSessions {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** The last one of the page before, if there was one. */
  readonly after?: string | undefined
  readonly limit: number
}

/** A session that stands, as its person is shown it. */
export interface ListedSession extends SessionFacts {
  readonly id: Id<'ses'>
  readonly kind: 'browser' | 'app'
  readonly createdAt: Date
  /** To the minute for a browser; for an app, when it last refreshed its tokens. */
  readonly lastSeenAt: Date
  readonly amr: readonly string[]
}

export interface SessionPage {
  readonly items: readonly ListedSession[]
  /** The last one of the page, where there are more. */
  readonly last: string | undefined
}

/** A person's sessions that stand, the newest first, page by page. One flight. */
export async function listSessions(
  deps: { readonly db: Db; readonly clock: Clock; readonly secrets: SecretRings },
  { tenantId, userId, after, limit }: ListSessions,
): Promise<SessionPage> {
  const page = { tenantId, userId, before: after, limit: limit + 1, now: deps.clock() }
  const [rows, [userKey]] = await inOneFlight(deps.db, { tenantId }, [
    ownSessions(page),
    userKeyOf(tenantId, userId),
  ])
  const factsOf = factsOpener(deps, { userId, userKey })
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    items: shown.map((row) => ({ ...listed(row), ...factsOf(row) })),
    last: last?.id,
  }
}

function listed({ id, kind, createdAt, lastSeenAt, amr }: OwnSession) {
  return { id, kind, createdAt, lastSeenAt, amr }
}
