import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** People, the key their personal values are sealed under, their password and their roles. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam."user" (
      tenant_id text collate "C" not null references iam.tenant,
      id text collate "C" not null,
      email text collate "C" not null,
      status text not null check (status in ('active', 'suspended', 'locked', 'erased')),
      locale text not null,
      email_verified_at timestamptz,
      created_at timestamptz not null,
      updated_at timestamptz not null,
      primary key (tenant_id, id),
      unique (tenant_id, email)
    );
    grant select, insert, update on iam."user" to iam_api;
    grant select on iam."user" to iam_worker;

    -- Erasing a person is deleting this row: what audit and outbox hold of them can then no longer be opened.
    create table iam.user_key (
      tenant_id text collate "C" not null,
      user_id text collate "C" not null,
      data_key_version integer not null,
      sealed bytea not null,
      created_at timestamptz not null,
      primary key (tenant_id, user_id),
      foreign key (tenant_id, user_id) references iam."user"
    );
    grant select, insert, delete on iam.user_key to iam_api;
    grant select, delete on iam.user_key to iam_worker;

    create table iam.credential (
      tenant_id text collate "C" not null,
      user_id text collate "C" not null,
      hash text not null,
      pepper_version integer not null,
      changed_at timestamptz not null,
      primary key (tenant_id, user_id),
      foreign key (tenant_id, user_id) references iam."user"
    );
    grant select, insert, update on iam.credential to iam_api;

    create table iam.role_assignment (
      tenant_id text collate "C" not null,
      user_id text collate "C" not null,
      role text not null check (role in ('tenant.owner', 'tenant.admin', 'platform.operator')),
      granted_by text collate "C" not null,
      granted_at timestamptz not null,
      primary key (tenant_id, user_id, role),
      foreign key (tenant_id, user_id) references iam."user"
    );
    grant select, insert, delete on iam.role_assignment to iam_api;
  `.execute(db)
  for (const table of ['user', 'user_key', 'credential', 'role_assignment']) await isolateByTenant(db, table)
}
