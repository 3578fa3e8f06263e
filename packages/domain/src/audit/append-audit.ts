import type { Statement } from '../db/index.ts'
import { newId, type Id, type RequestOrigin } from '../kit/index.ts'
import type { AuditRow } from './canonical-row.ts'
import { keyVersionAt, macOf } from './keyed-value.ts'

/** Who did what to what, and how it ended. Ids only: personal values go sealed into `personal`, or not at all. */
export interface AuditEvent {
  /** Made beforehand where something has to be bound to it; otherwise here. */
  readonly id?: Id<'aud'>
  readonly tenantId: string
  readonly at: Date
  readonly actor: {
    readonly type: 'user' | 'anonymous' | 'client' | 'operator' | 'system'
    readonly id?: string
  }
  readonly action: string
  readonly target: { readonly type: string; readonly id?: string | undefined }
  readonly outcome: 'success' | 'refused'
  readonly reason?: string
  readonly origin?: Pick<RequestOrigin, 'requestId'>
  /** HMAC of an address that nobody is registered under, so that repeated attempts can be told together. */
  readonly subjectHmac?: Buffer
  /** Sealed under the user's own key, for this event's id alone. */
  readonly personal?: Buffer
}

/** What is done with keys, also before there is any secret; the database takes these alone without a mac. */
const withoutMac = /^(signing_key|secret_key|key_set)\./

/** Whether an event of this kind has a mac: one without is forged. */
export const hasMac = (action: string): boolean => !withoutMac.test(action)

/** The insert of one audit event, to stand in the transaction of what it tells of. */
export function appendAudit(event: AuditEvent): Statement {
  const row = rowOf(event)
  const keyed = !hasMac(event.action) ? [] : [keyVersionAt(event.at), macOf(row)]
  return {
    sql: `insert into iam.audit_event
            (tenant_id, id, occurred_at, actor_type, actor_id, action, target_type, target_id,
             outcome, reason, request_id, subject_hmac, personal, mac_key, mac)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    parameters: [
      row.tenantId,
      row.id,
      row.occurredAt,
      row.actorType,
      row.actorId,
      row.action,
      row.targetType,
      row.targetId,
      row.outcome,
      row.reason,
      row.requestId,
      row.subjectHmac,
      row.personal,
      keyed[0],
      keyed[1],
    ],
  }
}

function rowOf(event: AuditEvent): Omit<AuditRow, 'macKey'> {
  return {
    tenantId: event.tenantId,
    id: event.id ?? newId('aud', event.at),
    occurredAt: event.at,
    actorType: event.actor.type,
    actorId: event.actor.id ?? null,
    action: event.action,
    targetType: event.target.type,
    targetId: event.target.id ?? null,
    outcome: event.outcome,
    reason: event.reason ?? null,
    requestId: event.origin?.requestId ?? null,
    subjectHmac: event.subjectHmac ?? null,
    personal: event.personal ?? null,
  }
}
