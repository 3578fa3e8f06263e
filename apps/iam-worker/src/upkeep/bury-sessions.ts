import type { Db } from '@iam/domain/db'
import { beforeAllRevocations, buryEndedSessions, SessionCache } from '@iam/domain/session'
import { every, type Repeating } from '@iam/platform/lifecycle'
import { versionedCache, type RedisConnection } from '@iam/platform/redis'

const interval = 2_000

/** Starts covering what is cached of ended sessions, also of those that ended while Redis was away. */
export function startBuryingSessions(
  { db, redis }: { readonly db: Pick<Db, 'kysely'>; readonly redis: RedisConnection['client'] },
  onError: (error: unknown) => void,
): Repeating {
  const deps = { kysely: db.kysely, sessionCache: new SessionCache(versionedCache(redis)) }
  let cursor = beforeAllRevocations
  return every(
    interval,
    async () => {
      cursor = await buryEndedSessions(deps, cursor)
    },
    onError,
  )
}
