import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** The directory that every region can read, and the tenant's own settings. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.directory (
      tenant_id text collate "C" primary key,
      slug text collate "C" not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
      region text not null,
      status text not null check (status in ('active', 'suspended', 'closed')),
      updated_at timestamptz not null
    );
    alter table iam.directory enable row level security;
    alter table iam.directory force row level security;
    -- No personal data, and it is read to find the tenant: everyone reads all, each tenant writes its own row.
    create policy directory_read on iam.directory for select using (true);
    create policy directory_insert on iam.directory for insert
      with check (tenant_id = current_setting('app.tenant_id', true));
    create policy directory_update on iam.directory for update
      using (tenant_id = current_setting('app.tenant_id', true));
    grant select, insert, update on iam.directory to iam_api;
    grant select on iam.directory to iam_worker;

    create table iam.tenant (
      tenant_id text collate "C" primary key references iam.directory,
      name text not null,
      policy jsonb not null,
      created_at timestamptz not null,
      updated_at timestamptz not null
    );
    grant select, insert, update on iam.tenant to iam_api;
    grant select on iam.tenant to iam_worker;
  `.execute(db)
  await isolateByTenant(db, 'tenant')
}
