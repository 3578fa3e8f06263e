import { auditWaiting, oldestAuditAfter } from '../audit/index.ts'
import type { Executor } from '../db/index.ts'
import { findSealer, lastHead, sealedOf, type Sealer } from './queries.ts'

/** How sealing goes: what alarms look at. */
export interface AuditSealingState {
  /** How long the oldest event waits for its place in a chain, in seconds. */
  readonly unsealedSeconds: number
  /** The minute of the last head that stands in the store, in seconds since the epoch; 0 before the first. */
  readonly headMinute: number
}

/** How many events it looks through, among those that a restore brought. */
const enough = 1000

/** Looks how sealing goes. */
export async function auditSealingState(db: Executor): Promise<AuditSealingState> {
  const unsealedSeconds = await waiting(db, await findSealer(db))
  const head = await lastHead(db)
  return { unsealedSeconds, headMinute: head?.stored === true ? head.minute.getTime() / 1000 : 0 }
}

async function waiting(db: Executor, { position, foreignTo, adopted }: Sealer): Promise<number> {
  if (adopted !== undefined) return auditWaiting(db, adopted)
  if (BigInt(position.xid) > BigInt(foreignTo)) return auditWaiting(db, position)
  const oldest = await oldestAuditAfter(db, position, enough)
  const sealed = await sealedOf(db, oldest)
  return Math.max(0, oldest.find(({ id }) => !sealed.has(id))?.age ?? 0)
}
