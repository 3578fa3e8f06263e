import { appendAudit } from '../audit/index.ts'
import { inTenant, run, streamKey, type Db, type Executor } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { endLease } from '../lease/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { deleteAnnounced, listAnchorRotations, type AnchorRotation } from './queries.ts'

export type CancelAnchor = {
  readonly db: Db
  readonly clock: Clock
  readonly systemTenantId: Id<'ten'>
}

/**
 * Takes an announced rotation of anchors back, before its time: the anchor that signs goes on, and the one that was to
 * follow stays its spare, which has signed nothing. The next key set says nothing of it any more. The lease of whoever
 * publishes ends with it, so that nobody switches meanwhile.
 * @param dryRun changes nothing. @returns what is taken back.
 * @throws Refusal `wrong_state` where none is announced, and when its time has come: whoever has seen an anchor
 *   retire takes nothing by it again.
 */
export async function cancelAnchor(
  deps: CancelAnchor,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<AnchorRotation> {
  const { db, systemTenantId: tenantId } = deps
  const { announced } = await read(db.kysely)
  if (announced === undefined) throw new Refusal('wrong_state', { detail: 'No other anchor is announced.' })
  return inTenant(db, { tenantId, streams: [streamKey(tenantId, announced.to)] }, async (tx) => {
    if (!dryRun) await endLease(tx, 'keys')
    const { announced: now } = await read(tx)
    if (now?.epoch !== announced.epoch)
      throw new Refusal('wrong_state', { detail: `${announced.to} signs the key set by now.` })
    if (dryRun) return announced
    await deleteAnnounced(tx, announced.epoch)
    await record(deps, tx, announced)
    return announced
  })
}

/** What is announced, and whose time has not come by the database's clock. */
async function read(db: Executor): Promise<{ readonly announced: AnchorRotation | undefined }> {
  const { rotations, databaseTime } = await listAnchorRotations(db)
  return { announced: rotations.find(({ switchAt }) => switchAt > databaseTime) }
}

async function record(deps: CancelAnchor, tx: Executor, { to, from }: AnchorRotation): Promise<void> {
  const { systemTenantId: tenantId } = deps
  const at = deps.clock()
  const event = { type: 'key_set.anchor_withdrawn', payload: { kid: to, from } } as const
  const audit = appendAudit({
    tenantId,
    at,
    actor: { type: 'system' },
    action: 'key_set.anchor_withdrawn',
    target: { type: 'anchor', id: to },
    outcome: 'success',
  })
  for (const statement of [audit, appendEvent({ tenantId, aggregateId: to, at, event })])
    await run(tx, statement)
}
