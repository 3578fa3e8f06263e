import { appendAudit } from '../audit/index.ts'
import { inTenant, run, type Db } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import { requireLease, type HeldLease } from '../lease/index.ts'
import type { Deployment } from '../secret-key/index.ts'
import { mostLists, statusListId } from '../status-list-token/index.ts'
import { addList, sampleFill } from './queries.ts'

export type GrowStatusLists = {
  readonly db: Db
  readonly clock: Clock
  readonly deployment: Deployment
  readonly lease: HeldLease
  readonly systemTenantId: Id<'ten'>
}

/** Lists are added when more than half of the slots are taken: a free one is then found among sixteen at once. */
const full = 0.5
const aimedAt = 0.45

/** How many lists there should be. Never fewer than there are: tokens name them. */
export function listsWanted({ lists, fill }: { readonly lists: number; readonly fill: number }): number {
  if (fill <= full) return lists
  return Math.max(lists, Math.min(mostLists, Math.ceil((lists * fill) / aimedAt)))
}

/**
 * Adds status lists where more than half of the slots are taken; they open when they are published. So nobody has to
 * know beforehand how many sessions there will be, and all instances go on at once with what one of them decided.
 * @returns how full the lists are, and how many there are now.
 */
export async function growStatusLists(deps: GrowStatusLists): Promise<{ lists: number; fill: number }> {
  const { db, lease, systemTenantId: tenantId } = deps
  const { lists, fill } = await sampleFill(db.kysely)
  const wanted = listsWanted({ lists, fill })
  if (wanted === lists) return { lists, fill }
  await inTenant(db, { tenantId }, async (tx) => {
    await requireLease(tx, lease)
    for (let shard = lists; shard < wanted; shard += 1) {
      if (!(await addList(tx, shard))) continue
      const target = { type: 'status_list', id: statusListId(deps.deployment.region, shard) }
      const done = { action: 'status_list.added', outcome: 'success' } as const
      await run(tx, appendAudit({ tenantId, at: deps.clock(), actor: { type: 'system' }, target, ...done }))
    }
  })
  return { lists: wanted, fill }
}
