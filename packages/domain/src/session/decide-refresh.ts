import { keyedRowsText, keyVersionAt, macBlocksOf } from '../audit/index.ts'
import type { Statement } from '../db/index.ts'
import { newId, type Id, type RequestOrigin } from '../kit/index.ts'
import { eventTypes } from '../outbox/index.ts'
import type { Fingerprints } from './fingerprint.ts'
import type { SigningAlg } from '../key-set/index.ts'
import type { FamilyClaims } from './queries.ts'

/** What becomes of a presented refresh token. */
export type RefreshOutcome =
  | 'dead'
  | 'expired'
  | 'binding'
  | 'unsignable'
  | 'future'
  | 'forged'
  | 'rotate'
  | 'replay'
  | 'superseded'
  | 'burn'
  | 'changed'

export interface RefreshDecision {
  readonly outcome: RefreshOutcome
  readonly sessionId: Id<'ses'>
  readonly grantId: Id<'grt'>
  readonly userId: Id<'usr'>
  readonly clientId: Id<'cli'>
  readonly claims: FamilyClaims
  /** What the access token is to be signed with. */
  readonly alg: SigningAlg
  readonly claimsVersion: number
  /** The generation of the token that the caller may now have. */
  readonly generation: number
  /** SHA-256 of that token's body. */
  readonly hash: Buffer
  readonly box: Buffer | null
  readonly accessTokenSeconds: number
  /** Milliseconds since the epoch, as the two below. */
  readonly expiresAt: number
  readonly endsAt: number
  /** The database's clock, read after the row was locked. */
  readonly decidedAt: number
  /** Whether the login is from before one of the person's tokens was stolen, and was not proved anew since. */
  readonly mustStepUp: boolean
}

/** What an access token is minted from at a refresh. */
export type RefreshedGrant = Pick<
  RefreshDecision,
  | 'grantId'
  | 'userId'
  | 'clientId'
  | 'claims'
  | 'claimsVersion'
  | 'accessTokenSeconds'
  | 'endsAt'
  | 'mustStepUp'
  | 'alg'
>

export interface DecideRefresh {
  readonly tenantId: Id<'ten'>
  readonly familyId: string
  readonly generation: number
  readonly hash: Buffer
  readonly candidateHash: Buffer
  readonly box: Buffer
  readonly clientId: Id<'cli'>
  /** The thumbprint of the key or certificate the caller proved, for sender-constrained families. */
  readonly binding: string | null
  /** The version of the claims that a token was signed for ahead; null where it is signed afterwards. */
  readonly signedFor: number | null
  readonly fingerprints: Fingerprints
  /** What `sealOrigin` made of the origin. */
  readonly sealedOrigin: Buffer
  readonly origin: RequestOrigin
  /** The algorithm of tokens that are pinned to none, and those that a key can sign with now. */
  readonly usualAlg: SigningAlg
  readonly signable: readonly SigningAlg[]
  readonly now: Date
}

/**
 * Finds and locks the event stream of the family's session. The session is read without a row lock and before
 * anything is written: which session a family belongs to never changes.
 */
export function lockSessionOfFamily(tenantId: Id<'ten'>, familyId: string): Statement {
  return {
    sql: `select pg_advisory_xact_lock(hashtextextended(tenant_id || ':' || session_id, 0))
            from iam.refresh_family where tenant_id = $1 and id = $2`,
    parameters: [tenantId, familyId],
  }
}

/** A time as events have it. */
function rfc3339(expression: string): string {
  return `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

/**
 * The one statement that decides a refresh and does what it decides, with audit and event. The row is locked
 * first and the clock read after; the first condition that holds wins. Nothing is consumed while no key can sign what the
 * token would be exchanged for. Presentations that are refused change
 * no row, but for one: a live token that comes too late ends its family, so that a clock that is set back does not
 * bring it to life again. A replay is answered for ten seconds, 64 times; for a sender-constrained family until the successor
 * is used. Two generations in a row replayed from somewhere else than they were rotated are two holders of
 * one token taking turns, and burn. Where it was rotated is compared under the key of then; where that key is not held,
 * nothing tells that it was elsewhere. A burn tells when each party came and whether from elsewhere, keeps both origins,
 * has the person told, and, unless a lost reply explains it, marks what they logged in to before as to be proved anew.
 * Where a token was signed ahead for other claims than there are now, nothing is given and nothing changes.
 */
const decideSql = `
with family as materialized (
  select session_id, grant_id, user_id, client_id, binding, claims, claims_version, generation, cur_hash, prev_hash, box,
         rotated, rotated_by, rotated_from, foreign_replay, served, access_token_seconds, expires_at, ends_at, revoked_at
    from iam.refresh_family where tenant_id = $1 and id = $2 for update
),
clocked as materialized (
  select family.*, iam.now() as t, coalesce(iam.token_alg($1, client_id, claims->>'aud'), $21) as alg,
         exists (select from unnest($20::bytea[]) mine
                  where substring(mine for 4) = substring(rotated_by for 4) and mine <> rotated_by) as elsewhere
    from family
),
judged as materialized (
  select clocked.*, case
    when revoked_at is not null then 'dead'
    when expires_at <= t then 'expired'
    when client_id <> $7 or binding is distinct from $8 then 'binding'
    when not alg = any ($22::text[]) then 'unsignable'
    when $3::bigint > generation then 'future'
    when $3 = generation then case when cur_hash = $4 then 'rotate' else 'forged' end
    when $3 = generation - 1 and prev_hash is distinct from $4 then 'forged'
    when $3 = generation - 1 and (binding is not null or rotated[1] > t - interval '10 seconds') then
      case when elsewhere and foreign_replay = generation - 1 then 'burn'
           when served >= 64 then 'superseded'
           else 'replay' end
    when rotated[(generation - $3)::int] > t - interval '10 seconds' then 'superseded'
    else 'burn' end as verdict
  from clocked
),
decided as materialized (
  select judged.*, case when verdict in ('rotate', 'replay') and claims_version <> $26::int then 'changed'
                        else verdict end as outcome
    from judged
),
kept as (
  update iam.refresh_family f set
    generation = case d.outcome when 'rotate' then f.generation + 1 else f.generation end,
    cur_hash = case d.outcome when 'rotate' then $5 else f.cur_hash end,
    prev_hash = case d.outcome when 'rotate' then f.cur_hash when 'replay' then f.prev_hash end,
    box = case d.outcome when 'rotate' then $6 when 'replay' then f.box end,
    rotated = case d.outcome when 'rotate' then (array[d.t] || f.rotated)[1:16] else f.rotated end,
    rotated_by = case d.outcome when 'rotate' then $9 else f.rotated_by end,
    rotated_from = case d.outcome when 'rotate' then $18 else f.rotated_from end,
    foreign_replay = case when d.outcome = 'replay' and d.elsewhere
                          then f.generation else f.foreign_replay end,
    served = case d.outcome when 'rotate' then 0 when 'replay' then f.served + 1 else f.served end,
    expires_at = case d.outcome when 'rotate' then least(d.t + make_interval(secs => f.idle_seconds), f.ends_at)
                                else f.expires_at end,
    revoked_at = case d.outcome when 'expired' then d.t end
  from decided d
  where f.tenant_id = $1 and f.id = $2
    and (d.outcome in ('rotate', 'replay') or d.outcome = 'expired' and d.generation = $3 and d.cur_hash = $4)
  returning f.generation, f.cur_hash, f.box, f.expires_at
),
audited as (
  ${keyedRowsText.begin}
  select $1::text as tenant_id, $10::text as id, $13::timestamptz as occurred_at, 'user' as actor_type,
         user_id as actor_id,
         case outcome when 'rotate' then 'session.refreshed' when 'replay' then 'session.refresh_replayed'
                      when 'burn' then 'session.revoked' else 'session.refresh_refused' end as action,
         'session' as target_type, session_id as target_id,
         case when outcome in ('rotate', 'replay') then 'success' else 'refused' end as outcome,
         case outcome when 'rotate' then null when 'replay' then null when 'burn' then 'refresh_reused'
                      else outcome end as reason,
         $12::text as request_id, $23::integer as mac_key, $24::bytea as mac_inner, $25::bytea as mac_outer
    from decided where outcome in ('rotate', 'replay', 'burn', 'future', 'forged')
  ${keyedRowsText.end}
),
stream as (
  insert into iam.outbox_stream as s (tenant_id, ordering_key, last_sequence)
  select $1, $1 || ':' || session_id, 1 from decided where outcome in ('rotate', 'burn')
  on conflict (tenant_id, ordering_key) do update set last_sequence = s.last_sequence + 1
  returning s.ordering_key, s.last_sequence
),
told as (
  insert into iam.outbox
    (tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload,
     traceparent, correlation_id, retention_class)
  select $1, $11, case d.outcome when 'rotate' then 'session.refreshed' else 'session.revoked' end, $15, $13,
         stream.ordering_key, stream.last_sequence,
         case d.outcome
           when 'rotate' then jsonb_build_object('sessionId', d.session_id, 'userId', d.user_id,
                                                 'clientId', d.client_id, 'generation', d.generation + 1)
           else jsonb_strip_nulls(jsonb_build_object(
                  'sessionId', d.session_id, 'userId', d.user_id, 'reason', 'refresh_reused',
                  'successorUsed', d.generation > $3 + 1, 'elsewhere', d.elsewhere,
                  'refreshedAt', ${rfc3339('d.rotated[1]')}, 'presentedAt', ${rfc3339('d.t')},
                  'stepUpSince', case when d.generation > $3 + 1 or d.elsewhere
                                      then ${rfc3339("date_trunc('second', d.t)")} end)) end,
         $14, $12, case d.outcome when 'rotate' then $16 else $17 end
    from decided d, stream
)
select d.outcome, d.session_id as "sessionId", d.grant_id as "grantId", d.user_id as "userId",
       d.client_id as "clientId", d.claims, d.alg, d.claims_version as "claimsVersion",
       coalesce(kept.generation, d.generation)::float8 as generation,
       coalesce(kept.cur_hash, d.cur_hash) as hash, kept.box,
       d.access_token_seconds as "accessTokenSeconds",
       (extract(epoch from coalesce(kept.expires_at, d.expires_at)) * 1000)::float8 as "expiresAt",
       (extract(epoch from d.ends_at) * 1000)::float8 as "endsAt",
       (extract(epoch from d.t) * 1000)::float8 as "decidedAt",
       case when d.outcome in ('rotate', 'replay') then coalesce(
         (d.claims->>'auth_time')::bigint < (select extract(epoch from u.step_up_since) from iam."user" u
                                              where u.tenant_id = $1 and u.id = d.user_id), false) end as "mustStepUp",
       case d.outcome when 'burn' then iam.end_session($1, d.session_id, 'refresh_reused', d.t) end as ended,
       case d.outcome when 'burn' then iam.record_reuse(
         $1, d.session_id, $2, d.user_id, $19, $12, d.rotated[1], d.t, d.generation > $3 + 1,
         d.elsewhere, d.rotated_from, $18)::text end as recorded
  from decided d left join kept on true`

const refreshed = eventTypes['session.refreshed']
const revoked = eventTypes['session.revoked']

/** The deciding statement for one presentation. No row: there is no such family. */
export function decideRefresh(input: DecideRefresh): Statement<RefreshDecision> {
  const { tenantId, now } = input
  const auditId = newId('aud', now)
  const { inner, outer } = macBlocksOf({ tenantId, id: auditId, occurredAt: now })
  return {
    sql: decideSql,
    parameters: [
      tenantId,
      input.familyId,
      input.generation,
      input.hash,
      input.candidateHash,
      input.box,
      input.clientId,
      input.binding,
      input.fingerprints.current,
      auditId,
      newId('evt', input.now),
      input.origin.requestId,
      input.now,
      input.origin.traceparent,
      refreshed.version,
      refreshed.retention,
      revoked.retention,
      input.sealedOrigin,
      newId('mail', input.now),
      input.fingerprints.all,
      input.usualAlg,
      input.signable,
      keyVersionAt(now),
      inner,
      outer,
      input.signedFor,
    ],
  }
}

/** What the deciding statement will answer if it gives a token, read without a lock: it may be otherwise by then. */
export function foreseeRefresh(
  input: Pick<DecideRefresh, 'tenantId' | 'familyId' | 'generation' | 'hash' | 'usualAlg'>,
): Statement<RefreshedGrant> {
  return {
    sql: `
      select f.grant_id as "grantId", f.user_id as "userId", f.client_id as "clientId", f.claims,
             coalesce(iam.token_alg(f.tenant_id, f.client_id, f.claims->>'aud'), $5) as alg,
             f.claims_version as "claimsVersion", f.access_token_seconds as "accessTokenSeconds",
             (extract(epoch from f.ends_at) * 1000)::float8 as "endsAt",
             coalesce((f.claims->>'auth_time')::bigint < extract(epoch from u.step_up_since), false) as "mustStepUp"
        from iam.refresh_family f
        join iam."user" u on u.tenant_id = f.tenant_id and u.id = f.user_id
       where f.tenant_id = $1 and f.id = $2 and f.revoked_at is null and f.expires_at > iam.now()
         and (f.generation = $3 and f.cur_hash = $4 or f.generation = $3::bigint + 1 and f.prev_hash = $4)`,
    parameters: [input.tenantId, input.familyId, input.generation, input.hash, input.usualAlg],
  }
}
