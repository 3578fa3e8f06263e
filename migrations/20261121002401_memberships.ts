import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** What people are to other services: told by one of them, and carried in their access tokens. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.membership (
      tenant_id text collate "C" not null,
      id text collate "C" not null,
      user_id text collate "C" not null,
      role text collate "C" not null,
      granted_at timestamptz not null,
      primary key (tenant_id, id),
      foreign key (tenant_id, user_id) references iam."user"
    );
    create index membership_of_user on iam.membership (tenant_id, user_id);
    grant select, insert, update, delete on iam.membership to iam_worker;
    grant select, delete on iam.membership to iam_api;

    -- The roles of all memberships: they stand in the person's row, which every login reads anyway.
    alter table iam."user" add column roles text[] not null default '{}';

    -- What access tokens say of a person beside how they logged in.
    create function iam.person_claims(in_tenant text, in_user text) returns jsonb language sql stable
      set search_path = pg_catalog, pg_temp as $$
      select coalesce(
        (select jsonb_build_object('roles', to_jsonb(roles)) from iam."user"
          where tenant_id = in_tenant and id = in_user and roles <> '{}'),
        '{}')
    $$;
    grant execute on function iam.person_claims(text, text) to iam_api, iam_worker;
  `.execute(db)
  await isolateByTenant(db, 'membership')
}
