import { lastAuditXid, type AuditPosition } from '../audit/index.ts'
import type { Executor } from '../db/index.ts'
import { findSealer, settleSealer, type Sealer } from './queries.ts'

const beginning = { xid: '0', id: '' } as const

/**
 * Where the sealer goes on. A dump that was restored into another cluster brings events with transaction ids that mean
 * nothing there: they may be far above all that the new cluster has given, and a cursor among them would pass over
 * everything that is written from then on. So the sealer notices, by the cluster's own number or because it is
 * ahead of everything there, that it is elsewhere, begins anew, and passes over what has its place already. What was not sealed yet is behind the old cursor.
 */
export async function settleHere(tx: Executor): Promise<Sealer> {
  const sealer = await findSealer(tx)
  if (sealer.cluster === sealer.clusterNow && !sealer.isAhead) return sealer
  const settled =
    sealer.cluster === null && !sealer.isAhead
      ? sealer
      : {
          ...sealer,
          position: beginning,
          adopted: lower(sealer.position, sealer.adopted ?? sealer.position),
          foreignTo: highest(sealer.foreignTo, sealer.position.xid, await lastAuditXid(tx)),
        }
  await settleSealer(tx, settled)
  return settled
}

function lower(one: AuditPosition, other: AuditPosition): AuditPosition {
  return BigInt(one.xid) < BigInt(other.xid) ? one : other
}

function highest(...xids: readonly string[]): string {
  return xids.reduce((one, other) => (BigInt(one) > BigInt(other) ? one : other))
}
