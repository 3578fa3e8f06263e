import { appendAudit } from '../audit/index.ts'
import { inTenant, run, streamKey, type Db, type Executor } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { endLease } from '../lease/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { anchorsAt } from './anchors-at.ts'
import { insertAnchorRotation, listAnchorRotations, moveSwitch, type AnchorRotation } from './queries.ts'

export type AnnounceAnchor = {
  readonly db: Db
  readonly clock: Clock
  readonly systemTenantId: Id<'ten'>
  /** Between announcing an anchor and its first signature, in seconds: caches, and whoever has to pin the spare. */
  readonly notice: number
}

export interface NewAnchor {
  /** What signs now where no anchor followed another yet, what is to sign, and what is to be pinned beside it. */
  readonly from: string
  readonly to: string
  readonly spare: string
  /** Without any notice: what signs now is lost or in other hands, and everybody has pinned `to` long ago. */
  readonly atOnce?: boolean
  readonly dryRun?: boolean
}

/**
 * Announces that another anchor is to sign the key set, in the key set itself and for a time that leaves everybody
 * notice. @param dryRun changes nothing.
 * @throws Refusal `wrong_state` while another rotation is on its way, and for an anchor that has signed before:
 * whoever has seen it retire refuses it.
 */
export async function announceAnchor(deps: AnnounceAnchor, input: NewAnchor): Promise<AnchorRotation> {
  const { db, systemTenantId: tenantId } = deps
  return inTenant(db, { tenantId, streams: [streamKey(tenantId, input.to)] }, async (tx) => {
    if (input.dryRun !== true) await endLease(tx, 'keys')
    const { rotations, databaseTime: now } = await listAnchorRotations(tx)
    const pending = rotations.find(({ switchedAt }) => switchedAt === null)
    const rotation = plan(deps, input, { rotations, pending, now })
    if (input.dryRun === true) return rotation
    if (pending === undefined) await insertAnchorRotation(tx, rotation)
    else await moveSwitch(tx, rotation.epoch, rotation.switchAt)
    await record(deps, tx, rotation)
    return rotation
  })
}

interface Situation {
  readonly rotations: readonly AnchorRotation[]
  readonly pending: AnchorRotation | undefined
  readonly now: Date
}

function plan(
  deps: AnnounceAnchor,
  input: NewAnchor,
  { rotations, pending, now }: Situation,
): AnchorRotation {
  const { to, spare, atOnce = false } = input
  if (pending !== undefined) return hastened(pending, input, now)
  const { current = input.from, retired } = anchorsAt(rotations, now)
  if (new Set([current, to, spare]).size < 3)
    throw refusal('What signs now, what is to sign and the spare after it must be three keys.')
  const used = [to, spare].find((kid) => retired.includes(kid))
  if (used !== undefined)
    throw refusal(`${used} has signed key sets before and is refused wherever that is known.`)
  const switchAt = new Date(now.getTime() + (atOnce ? 0 : deps.notice * 1000))
  return {
    epoch: rotations.length + 1,
    from: current,
    to,
    spare,
    announcedAt: now,
    switchAt,
    switchedAt: null,
  }
}

/** What is on its way already can only come at once. */
function hastened(pending: AnchorRotation, { to, atOnce }: NewAnchor, now: Date): AnchorRotation {
  if (atOnce !== true || to !== pending.to)
    throw refusal(`${pending.to} is announced already, to sign from ${pending.switchAt.toISOString()} on.`)
  return { ...pending, switchAt: pending.switchAt < now ? pending.switchAt : now }
}

function refusal(detail: string): Refusal {
  return new Refusal('wrong_state', { detail })
}

async function record(deps: AnnounceAnchor, tx: Executor, rotation: AnchorRotation): Promise<void> {
  const { systemTenantId: tenantId } = deps
  const { to, from, spare, switchAt } = rotation
  const at = deps.clock()
  const payload = { kid: to, from, spare, switchAt: switchAt.toISOString() }
  const event = { type: 'key_set.anchor_announced', payload } as const
  const audit = appendAudit({
    tenantId,
    at,
    actor: { type: 'system' },
    action: 'key_set.anchor_announced',
    target: { type: 'anchor', id: to },
    outcome: 'success',
  })
  for (const statement of [audit, appendEvent({ tenantId, aggregateId: to, at, event })])
    await run(tx, statement)
}
