import { type Kysely, sql } from 'kysely'

/**
 * Every audit event is keyed by who writes it, so that the database's owner can neither alter nor invent one. The role
 * `keys` begins before there is any secret: what it does is proved by the endorsements of the keys themselves.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table iam.audit_event add mac_key integer, add mac bytea;
    -- Not valid: rows of before have none.
    alter table iam.audit_event add constraint audit_event_keyed check (
      mac is not null and mac_key is not null and length(mac) = 32
      or mac is null and mac_key is null and action ~ '^(signing_key|secret_key|key_set)[.]'
    ) not valid;
    -- A member of an audit event in the form that macs are made over: its length, then its bytes.
    create function iam.audit_member(member text) returns bytea language sql immutable parallel safe
      return coalesce(int4send(octet_length(member)) || convert_to(member, 'UTF8'), '\\xffffffff'::bytea);
  `.execute(db)
}
