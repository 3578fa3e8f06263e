import type { Statement } from '../db/index.ts'
import { newId, type Id, type RequestOrigin } from '../kit/index.ts'

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

/** The insert of one audit event, to stand in the transaction of what it tells of. */
export function appendAudit(event: AuditEvent): Statement {
  return {
    sql: `insert into iam.audit_event
            (tenant_id, id, occurred_at, actor_type, actor_id, action, target_type, target_id,
             outcome, reason, request_id, subject_hmac, personal)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    parameters: [
      event.tenantId,
      event.id ?? newId('aud', event.at),
      event.at,
      event.actor.type,
      event.actor.id,
      event.action,
      event.target.type,
      event.target.id,
      event.outcome,
      event.reason,
      event.origin?.requestId,
      event.subjectHmac,
      event.personal,
    ],
  }
}
