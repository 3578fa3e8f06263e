import { sql } from 'kysely'
import { keyedRows, keyVersionAt, macBlocksOf } from '../audit/index.ts'
import { build, type Statement } from '../db/index.ts'
import { newId, type Id, type RequestOrigin } from '../kit/index.ts'
import { eventTypes } from '../outbox/index.ts'
import type { BrowserToken } from './browser-token.ts'
import { isAlive } from './live-queries.ts'

export interface MakeRoom {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly maxSessions: number
  /** The session that the browser held until now, as its cookie proves. */
  readonly previous?: BrowserToken | undefined
  readonly at: Date
  readonly origin: RequestOrigin
}

/**
 * Locks the streams of the sessions that make room for another one, in the order in which everybody locks streams.
 * Goes before anything is written, in a flight that holds the person's own stream: the next statement then finds
 * these, or fewer.
 */
export function lockLeaving(input: MakeRoom): Statement {
  return sql`
    select pg_advisory_xact_lock(k) from (
      select hashtextextended(${input.tenantId} || ':' || id, 0) as k from (${leaving(input)}) leaving
       order by 1 offset 0
    ) ordered`.compile(build)
}

const revoked = eventTypes['session.revoked']

/**
 * Ends the sessions that make room, with audit and event of each. An id of theirs begins as one of now does, and
 * ends as the session's does, which ends only once.
 * @returns the grants whose cache entries are to be buried once this is committed.
 */
export function endLeaving(input: MakeRoom) {
  const { tenantId, userId, at, origin } = input
  const auditId = newId('aud', at)
  const { inner, outer } = macBlocksOf({ tenantId, id: auditId, occurredAt: at })
  return sql<{ grantId: string }>`
    with leaving as materialized (${leaving(input)}),
    asked as materialized (
      select leaving.*, iam.end_session(${tenantId}, id, reason, ${at}) as ended from leaving
    ),
    gone as materialized (select * from asked where ended),
    audited as (
      ${keyedRows.begin}
      select ${tenantId}::text as tenant_id, left(${auditId}, 14) || right(id, 16) as id,
             ${at}::timestamptz as occurred_at, 'user' as actor_type, ${userId}::text as actor_id,
             'session.revoked' as action, 'session' as target_type, id as target_id,
             'success' as outcome, reason, ${origin.requestId}::text as request_id,
             ${keyVersionAt(at)}::integer as mac_key, ${inner}::bytea as mac_inner, ${outer}::bytea as mac_outer
        from gone
      ${keyedRows.end}
    ),
    stream as (
      insert into iam.outbox_stream as s (tenant_id, ordering_key, last_sequence)
      select ${tenantId}, ${tenantId} || ':' || id, 1 from gone
      on conflict (tenant_id, ordering_key) do update set last_sequence = s.last_sequence + 1
      returning s.ordering_key, s.last_sequence
    ),
    told as (
      insert into iam.outbox
        (tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload,
         traceparent, correlation_id, retention_class)
      select ${tenantId}, left(${newId('evt', at)}, 14) || right(gone.id, 16), 'session.revoked',
             ${revoked.version}, ${at}, stream.ordering_key, stream.last_sequence,
             jsonb_build_object('sessionId', gone.id, 'userId', gone.user_id, 'reason', gone.reason),
             ${origin.traceparent}, ${origin.requestId}, ${revoked.retention}
        from gone join stream on stream.ordering_key = ${tenantId} || ':' || gone.id
    )
    select g.id as "grantId" from gone
      join iam."grant" g on g.tenant_id = ${tenantId} and g.session_id = gone.id`.compile(build)
}

/** The one that the browser held, whosever it was; and of the person's others the oldest, as many as are too many. */
function leaving({ tenantId, userId, maxSessions, previous, at }: MakeRoom) {
  const previousId = previous?.sessionId ?? ''
  return sql`
    select s.id, s.user_id, 'replaced' as reason from iam.session s
     where s.tenant_id = ${tenantId} and s.id = ${previousId} and s.secret_hash = ${previous?.hash ?? null}
       and s.revoked_at is null
    union all
    select oldest.id, oldest.user_id, 'session_limit' from (
      select s.id, s.user_id from iam.session s
       where s.tenant_id = ${tenantId} and s.user_id = ${userId} and s.id <> ${previousId} and ${isAlive(at)}
       order by s.created_at desc, s.id desc offset ${maxSessions - 1}
    ) oldest`
}
