import type { Database } from '@iam/domain/db'
import { type Selectable, sql } from 'kysely'
import type { World } from './open-world.ts'

export interface SeenEvent {
  readonly type: string
  readonly sequence: number
  readonly payload: Record<string, unknown>
}

/** The events of an aggregate, in the order of their stream. */
export async function eventsOf(
  { admin }: Pick<World, 'admin'>,
  tenantId: string,
  aggregateId: string,
): Promise<SeenEvent[]> {
  const rows = await admin
    .selectFrom('iam.outbox')
    .select(['type', 'sequence', 'payload'])
    .where('ordering_key', '=', `${tenantId}:${aggregateId}`)
    .orderBy('sequence')
    .execute()
  return rows.map(({ type, sequence, payload }) => ({
    type,
    sequence: Number(sequence),
    payload: payload as Record<string, unknown>,
  }))
}

/** What the audit trail says of a target: `action`, or `action: reason`, oldest first. */
export async function auditOf({ admin }: Pick<World, 'admin'>, targetId: string): Promise<string[]> {
  const rows = await admin
    .selectFrom('iam.audit_event')
    .select(['action', 'reason'])
    .where('target_id', '=', targetId)
    .orderBy('xid')
    .orderBy(sql`ctid`) // several of one transaction: as they were written
    .execute()
  return rows.map(({ action, reason }) => (reason === null ? action : `${action}: ${reason}`))
}

/** A refresh family and its session as the database has them: what a refusal must leave alone. */
export async function stateOf(
  { admin }: Pick<World, 'admin'>,
  familyId: string,
): Promise<{
  family: Selectable<Database['iam.refresh_family']>
  session: Selectable<Database['iam.session']>
}> {
  const family = await admin
    .selectFrom('iam.refresh_family')
    .selectAll()
    .where('id', '=', familyId)
    .executeTakeFirstOrThrow()
  const session = await admin
    .selectFrom('iam.session')
    .selectAll()
    .where('id', '=', family.session_id)
    .executeTakeFirstOrThrow()
  return { family, session }
}
