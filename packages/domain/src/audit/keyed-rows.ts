import { type RawBuilder, sql } from 'kysely'
import { build } from '../db/index.ts'

/** A member in the form of `canonicalRow`. Spelled out, because Postgres 15 plans a function in SQL anew at every call. */
function member(value: RawBuilder<unknown>): RawBuilder<Buffer> {
  return sql`coalesce(int4send(octet_length(${value})) || convert_to(${value}, 'UTF8'), '\\xffffffff'::bytea)`
}

const members = [
  sql`'iam-audit-row/v1'`,
  sql`r.tenant_id`,
  sql`r.id`,
  sql`(extract(epoch from r.occurred_at) * 1000)::bigint::text`,
  sql`r.actor_type`,
  sql`r.actor_id`,
  sql`r.action`,
  sql`r.target_type`,
  sql`r.target_id`,
  sql`r.outcome`,
  sql`r.reason`,
  sql`r.request_id`,
  sql`null`,
  sql`null`,
  sql`r.mac_key::text`,
].map(member)

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
         sha256(r.mac_outer || sha256(r.mac_inner || ${sql.join(members, sql` || `)}))
    from (`,
  end: sql`) r`,
}

/** The same as text. */
export const keyedRowsText = {
  begin: keyedRows.begin.compile(build).sql,
  end: keyedRows.end.compile(build).sql,
}
