import { keyedRowsText, keyVersionAt, macBlocksOf } from '../audit/index.ts'
import type { Statement } from '../db/index.ts'
import { newId, type Id, type RequestOrigin } from '../kit/index.ts'
import { eventTypes } from '../outbox/index.ts'

/** Failures in a row after which a password opens nothing until it is reset (NIST SP 800-63B-4 3.2.2). */
export const mostFailures = 100

export interface CountFailure {
  readonly tenantId: Id<'ten'>
  /** None for an address that nobody has: the statement is the same and counts nothing. */
  readonly userId: Id<'usr'> | undefined
  readonly at: Date
  readonly origin: RequestOrigin
}

/**
 * Counts one wrong password. The one that is too many disables the password and is recorded, by one statement: of
 * two at once only one is the last. The person is told by mail, and chooses a new password by one. Their stream must
 * be in the transaction's scope.
 */
export function countFailure({ tenantId, userId, at, origin }: CountFailure): Statement {
  const { version, retention } = eventTypes['user.locked']
  const auditId = newId('aud', at)
  const { inner, outer } = macBlocksOf({ tenantId, id: auditId, occurredAt: at })
  return {
    sql: `
with failed as (
  insert into iam.login_failure as f (tenant_id, user_id, in_a_row, last_at)
  select $1, $2, 1, $3 where $2::text is not null
  on conflict (tenant_id, user_id) do update set
    in_a_row = f.in_a_row + 1, last_at = $3,
    disabled_at = case when f.in_a_row + 1 >= $4 then coalesce(f.disabled_at, $3) end
  returning user_id, in_a_row
),
locked as (select user_id from failed where in_a_row = $4),
audited as (
  ${keyedRowsText.begin}
  select $1::text as tenant_id, $5::text as id, $3::timestamptz as occurred_at, 'system' as actor_type,
         null as actor_id, 'user.locked' as action, 'user' as target_type, user_id as target_id,
         'success' as outcome, $6::text as reason, $7::text as request_id,
         $13::integer as mac_key, $14::bytea as mac_inner, $15::bytea as mac_outer from locked
  ${keyedRowsText.end}
),
mailed as (
  insert into iam.mail (tenant_id, id, template, user_id, locale, params, created_at, due_at)
  select $1, $12, 'account_locked', user_id, 'en', '{}', $3, $3 from locked
),
stream as (
  insert into iam.outbox_stream as s (tenant_id, ordering_key, last_sequence)
  select $1, $1 || ':' || user_id, 1 from locked
  on conflict (tenant_id, ordering_key) do update set last_sequence = s.last_sequence + 1
  returning s.ordering_key, s.last_sequence
)
insert into iam.outbox
  (tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload,
   traceparent, correlation_id, retention_class)
select $1, $8, 'user.locked', $9, $3, stream.ordering_key, stream.last_sequence,
       jsonb_build_object('userId', locked.user_id, 'reason', $6, 'actor', '{"type": "system"}'::jsonb), $10, $7, $11
  from locked, stream`,
    parameters: [
      tenantId,
      userId,
      at,
      mostFailures,
      auditId,
      'too_many_failures',
      origin.requestId,
      newId('evt', at),
      version,
      origin.traceparent,
      retention,
      newId('mail', at),
      keyVersionAt(at),
      inner,
      outer,
    ],
  }
}
