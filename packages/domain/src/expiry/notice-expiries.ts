import { appendAudit } from '../audit/index.ts'
import { inTenant, run, streamKey, type Db } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { noteSteps, stepsTold } from './queries.ts'
import { type Expiring, stepsReached } from './steps.ts'

export interface NoticeExpiries {
  readonly db: Pick<Db, 'kysely' | 'eventsCommitted'>
  readonly clock: Clock
}

/** What was told. */
export interface ExpiryNotice {
  readonly kind: Expiring['kind']
  readonly id: string
  readonly endsAt: Date
  /** The step: 60, 30 or 7 days before its end. */
  readonly days: number
}

interface What {
  /** Whose events and audit they are. */
  readonly tenantId: Id<'ten'>
  readonly things: readonly Expiring[]
  /** Only says what would be told. */
  readonly rehearsal: boolean
}

/**
 * Tells of the ends that come near by event and audit, once for each step. Who comes late tells of the most urgent
 * step alone; those before it count as told. The notice is stored with what it tells, so it is never told twice.
 * @returns what was told, or would be.
 */
export async function noticeExpiries(
  deps: NoticeExpiries,
  { tenantId, things, rehearsal }: What,
): Promise<ExpiryNotice[]> {
  const told: ExpiryNotice[] = []
  for (const thing of things) {
    const reached = stepsReached(thing, deps.clock())
    const [days] = reached
    if (days === undefined || (await stepsTold(deps.db.kysely, thing)).includes(days)) continue
    const { kind, id, endsAt } = thing
    if (rehearsal || (await tell(deps, tenantId, thing, reached))) told.push({ kind, id, endsAt, days })
  }
  return told
}

/** @returns false when another worker told it meanwhile. */
async function tell(
  { db, clock }: NoticeExpiries,
  tenantId: Id<'ten'>,
  thing: Expiring,
  reached: readonly number[],
): Promise<boolean> {
  const { kind, id, endsAt } = thing
  const at = clock()
  const days = Math.min(...reached)
  return inTenant(db, { tenantId, streams: [streamKey(tenantId, id)] }, async (tx) => {
    const noted = await noteSteps(tx, { kind, id, endsAt, days: reached, at })
    if (!noted.includes(days)) return false
    const action = kind === 'signing_key' ? 'signing_key.expiring' : 'key_set.anchor_expiring'
    const target = { type: kind, id }
    const reason = `${days} days`
    await run(
      tx,
      appendAudit({ tenantId, at, actor: { type: 'system' }, action, target, outcome: 'success', reason }),
    )
    const payload = { kind, id, endsAt: endsAt.toISOString(), days }
    const event = { type: 'certificate.expiring', payload } as const
    await run(tx, appendEvent({ tenantId, aggregateId: id, at, event }))
    return true
  })
}
