import { inTenant } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { DataRequestDeps } from './deps.ts'
import { requestsOf } from './queries.ts'

/** A person’s export as they see it. */
export interface ListedRequest {
  readonly id: Id<'dsr'>
  readonly status: 'waiting' | 'ready' | 'over'
  readonly askedAt: Date
  readonly completedAt: Date | null
  /** When the link that was mailed ends. */
  readonly expiresAt: Date | null
}

const mostListed = 20

/** A person’s own exports, the newest first, twenty at most. */
export async function listRequests(
  { db, clock }: Pick<DataRequestDeps, 'db' | 'clock'>,
  { tenantId, userId }: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> },
): Promise<ListedRequest[]> {
  const now = clock()
  const found = await inTenant(db, { tenantId }, (tx) =>
    requestsOf(tx, { tenantId, userId, limit: mostListed }),
  )
  return found.map(({ id, askedAt, completedAt, expiresAt, endedAt }) => {
    const isOver = endedAt !== null || (expiresAt !== null && expiresAt <= now)
    const status = isOver ? 'over' : completedAt === null ? 'waiting' : 'ready'
    return { id, status, askedAt, completedAt, expiresAt }
  })
}
