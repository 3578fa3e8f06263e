import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { AuditRow } from './canonical-row.ts'

/** Which of a tenant's events are wanted. Whatever is not said is no condition. */
export interface AuditWanted {
  readonly tenantId: string
  readonly actor?: string | undefined
  readonly action?: string | undefined
  readonly target?: string | undefined
  readonly outcome?: string | undefined
  readonly from?: Date | undefined
  /** Exclusive. */
  readonly to?: Date | undefined
  /** The event after which the page begins, newest first. */
  readonly after?: { readonly at: Date; readonly id: string } | undefined
  readonly limit: number
}

/** An event as a reader sees it; `personal` is still sealed. */
export type FoundAudit = Omit<AuditRow, 'tenantId' | 'subjectHmac' | 'macKey'>

/** A tenant's events, the newest first. Of a transaction under that tenant. */
export async function findAudit(tx: Executor, wanted: AuditWanted): Promise<FoundAudit[]> {
  const { tenantId, actor = null, action = null, target = null, outcome = null, limit } = wanted
  const { from = null, to = null, after } = wanted
  const [at, id] = [after?.at ?? null, after?.id ?? null]
  const found = await sql<FoundAudit>`
    select id, occurred_at as "occurredAt", actor_type as "actorType", actor_id as "actorId", action,
           target_type as "targetType", target_id as "targetId", outcome, reason, request_id as "requestId", personal
      from iam.audit_event
     where tenant_id = ${tenantId}
       and (${actor}::text is null or actor_id = ${actor})
       and (${action}::text is null or action = ${action})
       and (${target}::text is null or target_id = ${target})
       and (${outcome}::text is null or outcome = ${outcome})
       and (${from}::timestamptz is null or occurred_at >= ${from})
       and (${to}::timestamptz is null or occurred_at < ${to})
       and (${at}::timestamptz is null or (occurred_at, id) < (${at}, ${id}))
     order by occurred_at desc, id desc limit ${limit}`.execute(tx)
  return found.rows
}
