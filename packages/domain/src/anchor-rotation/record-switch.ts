import { appendAudit } from '../audit/index.ts'
import { run, type Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { markSwitched, type AnchorRotation } from './queries.ts'

/**
 * Notes, with audit and event, that a key set by the new anchor is published. Once: not again when that was noted.
 * The stream of `to` must be in the transaction's scope.
 */
export async function recordSwitch(
  tx: Executor,
  { epoch, to, from }: AnchorRotation,
  { tenantId, at }: { tenantId: Id<'ten'>; at: Date },
): Promise<void> {
  if (!(await markSwitched(tx, epoch))) return
  const event = { type: 'key_set.anchor_switched', payload: { kid: to, from } } as const
  const audit = appendAudit({
    tenantId,
    at,
    actor: { type: 'system' },
    action: 'key_set.anchor_switched',
    target: { type: 'anchor', id: to },
    outcome: 'success',
  })
  for (const statement of [audit, appendEvent({ tenantId, aggregateId: to, at, event })])
    await run(tx, statement)
}
