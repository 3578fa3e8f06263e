import type { Executor } from '../db/index.ts'
import type { SessionCache } from './session-cache.ts'
import { revocationsAfter, type RevocationCursor } from './upkeep-queries.ts'

const batch = 1_000

/**
 * Puts a tombstone over the cached entry of every session that ended, of all tenants. Whoever ends one does so
 * at once, but not while the cache is away: then the entry, which holds the person's address, goes as soon as it is
 * back. Doing it again changes nothing.
 * @param from where the last call ended; `beforeAllRevocations` at first.
 * @returns where this one ended. It rejects, to be called again with the same cursor, while the cache is away.
 */
export async function buryEndedSessions(
  { kysely, sessionCache }: { readonly kysely: Executor; readonly sessionCache: SessionCache },
  from: RevocationCursor,
): Promise<RevocationCursor> {
  const ended = await revocationsAfter(kysely, from, batch)
  await Promise.all(ended.map(({ tenantId, grantId }) => sessionCache.buryForSure(tenantId, grantId)))
  const { xid, id } = ended.at(-1) ?? from
  return ended.length < batch ? { xid, id } : buryEndedSessions({ kysely, sessionCache }, { xid, id })
}
