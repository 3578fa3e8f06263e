import { sql } from 'kysely'
import { build } from '../db/index.ts'

/**
 * The insert of audit rows that their statement alone knows, around a select that has the columns below and, as
 * `mac_inner` and `mac_outer`, what `macBlocksOf` gives: HMAC is two hashes (RFC 2104 2), which Postgres has itself. It
 * makes them over the same form as `canonicalRow` does.
 */
export const keyedRows = {
  begin: sql`insert into iam.audit_event
    (tenant_id, id, occurred_at, actor_type, actor_id, action, target_type, target_id,
     outcome, reason, request_id, mac_key, mac)
  select r.tenant_id, r.id, r.occurred_at, r.actor_type, r.actor_id, r.action, r.target_type, r.target_id,
         r.outcome, r.reason, r.request_id, r.mac_key,
         sha256(r.mac_outer || sha256(r.mac_inner
           || iam.audit_member('iam-audit-row/v1') || iam.audit_member(r.tenant_id) || iam.audit_member(r.id)
           || iam.audit_member((extract(epoch from r.occurred_at) * 1000)::bigint::text)
           || iam.audit_member(r.actor_type) || iam.audit_member(r.actor_id) || iam.audit_member(r.action)
           || iam.audit_member(r.target_type) || iam.audit_member(r.target_id) || iam.audit_member(r.outcome)
           || iam.audit_member(r.reason) || iam.audit_member(r.request_id)
           || iam.audit_member(null) || iam.audit_member(null) || iam.audit_member(r.mac_key::text)))
    from (`,
  end: sql`) r`,
}

/** The same as text. */
export const keyedRowsText = {
  begin: keyedRows.begin.compile(build).sql,
  end: keyedRows.end.compile(build).sql,
}
