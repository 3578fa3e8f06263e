import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** Sessions, the grants of clients inside them, and one refresh family for each grant. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.session (
      tenant_id text collate "C" not null,
      id text collate "C" not null,
      user_id text collate "C" not null,
      amr text[] not null,
      acr text not null,
      auth_time timestamptz not null,
      device text,
      version integer not null default 1,
      created_at timestamptz not null,
      expires_at timestamptz not null,
      revoked_at timestamptz,
      revoked_reason text,
      primary key (tenant_id, id),
      foreign key (tenant_id, user_id) references iam."user"
    );
    create index session_of_user on iam.session (tenant_id, user_id);
    grant select, insert, update on iam.session to iam_api, iam_worker;

    -- The id is the token's sid; the family below has the same ULID, because they are one to one.
    create table iam."grant" (
      tenant_id text collate "C" not null,
      id text collate "C" not null,
      session_id text collate "C" not null,
      client_id text collate "C" not null,
      audience text not null,
      scope text not null,
      status_shard integer not null,
      status_slot integer not null,
      created_at timestamptz not null,
      expires_at timestamptz not null,
      revoked_at timestamptz,
      primary key (tenant_id, id),
      foreign key (tenant_id, session_id) references iam.session,
      foreign key (tenant_id, client_id) references iam.client
    );
    create index grant_of_session on iam."grant" (tenant_id, session_id);
    grant select, insert, update on iam."grant" to iam_api, iam_worker;

    -- All refresh state is in this one row: a joined table would be read from a snapshot older than the
    -- row lock. No index covers a column that a rotation changes, so that updates stay heap-only.
    create table iam.refresh_family (
      tenant_id text collate "C" not null,
      id text collate "C" not null,
      grant_id text collate "C" not null,
      session_id text collate "C" not null,
      user_id text collate "C" not null,
      client_id text collate "C" not null,
      binding text,
      claims jsonb not null,
      claims_version integer not null default 1,
      generation bigint not null,
      cur_hash bytea not null,
      prev_hash bytea,
      box bytea,
      rotated timestamptz[] not null default '{}',
      rotated_by bytea,
      -- Device, network and place of whoever refreshed last, sealed; gone with the family's end.
      rotated_from bytea,
      foreign_replay bigint,
      served integer not null default 0,
      idle_seconds integer not null,
      access_token_seconds integer not null,
      created_at timestamptz not null,
      expires_at timestamptz not null,
      ends_at timestamptz not null,
      revoked_at timestamptz,
      primary key (id, tenant_id),
      foreign key (tenant_id, grant_id) references iam."grant"
    ) with (fillfactor = 70);
    -- The tenant last, here and in the primary key: where both lead with it, either looks good for both look-ups to
    -- whoever plans while the table is small, and reads all of a tenant's families for one.
    create index refresh_family_of_session on iam.refresh_family (session_id, tenant_id);
    grant select, insert, update on iam.refresh_family to iam_api, iam_worker;

    -- Slots of the status lists, shared by all tenants of the region: numbers and grant ids only.
    create table iam.status_list_entry (
      shard integer not null,
      slot integer not null check (slot between 0 and 131071),
      tenant_id text collate "C" not null,
      grant_id text collate "C" not null,
      ends_at timestamptz not null,
      revoked_at timestamptz,
      primary key (shard, slot)
    );
    create index status_list_entry_revoked on iam.status_list_entry (shard) where revoked_at is not null;
    grant select, insert, update on iam.status_list_entry to iam_api, iam_worker;

    -- The revocation feed that every instance of iam-api follows.
    create table iam.session_revocation (
      xid xid8 not null default pg_current_xact_id(),
      id bigint generated always as identity,
      tenant_id text collate "C" not null,
      grant_id text collate "C" not null,
      session_id text collate "C" not null,
      revoked_at timestamptz not null,
      primary key (xid, id)
    );
    grant select, insert on iam.session_revocation to iam_api;
    grant select, insert, delete on iam.session_revocation to iam_worker;
  `.execute(db)
  for (const table of ['session', 'grant', 'refresh_family', 'session_revocation']) {
    await isolateByTenant(db, table)
  }
  await sql`
    create policy feed on iam.session_revocation for select to iam_api, iam_worker using (true);
    create policy sweep on iam.session_revocation for delete to iam_worker using (true);
  `.execute(db)
}
