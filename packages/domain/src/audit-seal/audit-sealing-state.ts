import { auditWaiting } from '../audit/index.ts'
import type { Executor } from '../db/index.ts'
import { lastHead, sealerPosition } from './queries.ts'

/** How sealing goes: what alarms look at. */
export interface AuditSealingState {
  /** How long the oldest event waits for its place in a chain, in seconds. */
  readonly unsealedSeconds: number
  /** The minute of the last head that stands in the store, in seconds since the epoch; 0 before the first. */
  readonly headMinute: number
}

/** Looks how sealing goes. */
export async function auditSealingState(db: Executor): Promise<AuditSealingState> {
  const unsealedSeconds = await auditWaiting(db, await sealerPosition(db))
  const head = await lastHead(db)
  return { unsealedSeconds, headMinute: head?.stored === true ? head.minute.getTime() / 1000 : 0 }
}
