import { inOneFlight, run, type Db, type Executor } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { userKeyOf, type SealedUserKey } from '../user/index.ts'
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
  return pageOfSessions(deps, { userId, limit, rows, userKey })
}

/** The same, inside a transaction. */
export async function listSessionsWithin(
  tx: Executor,
  deps: { readonly clock: Clock; readonly secrets: SecretRings },
  { tenantId, userId, after, limit }: ListSessions,
): Promise<SessionPage> {
  const page = { tenantId, userId, before: after, limit: limit + 1, now: deps.clock() }
  const rows = await run(tx, ownSessions(page))
  const [userKey] = await run(tx, userKeyOf(tenantId, userId))
  return pageOfSessions(deps, { userId, limit, rows, userKey })
}

function pageOfSessions(
  deps: { readonly secrets: SecretRings },
  found: {
    readonly userId: Id<'usr'>
    readonly limit: number
    readonly rows: readonly OwnSession[]
    readonly userKey: SealedUserKey | undefined
  },
): SessionPage {
  const { rows, limit } = found
  const factsOf = factsOpener(deps, found)
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
