import { setTimeout as sleep } from 'node:timers/promises'
import { advanceCursor, fetchBatch, type Lease } from '@iam/domain/outbox'
import { publishRows } from './publish-rows.ts'
import type { RelayDeps } from './relay-deps.ts'

/** One relay's walk along one partition. */
export interface Walk {
  readonly lease: Lease
  /** What of the batch under way was published: after a failure only the rest is published again. */
  readonly published: Set<string>
  /** Asked between batches. */
  readonly goOn: () => boolean
}

const batchSize = 500
/** Milliseconds. Rows wait for older transactions to end, usually for a moment; it is doubled up to the second. */
const firstLook = 5
const lastLook = 1_000

/**
 * Publishes what a partition has, batch by batch, until it has no more: publish, then advance. A relay that is
 * cut off in between publishes the batch again, so every event goes out at least once.
 * @returns false when the lease is lost.
 */
export async function walkPartition(deps: RelayDeps, walk: Walk): Promise<boolean> {
  let look = firstLook
  while (walk.goOn()) {
    const batch = await fetchBatch(deps.db.kysely, walk.lease, batchSize)
    if (batch === undefined) return false
    const last = batch.rows.at(-1)
    if (last === undefined) {
      if (!batch.unsettled || look > lastLook) return true
      await sleep(look)
      look *= 2
      continue
    }
    await publishRows(deps, batch.rows, walk.published)
    if (!(await advanceCursor(deps.db.kysely, walk.lease, last))) return false
    walk.published.clear()
    look = firstLook
  }
  return true
}
