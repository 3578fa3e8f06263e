import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** OAuth clients. Every tenant has a built-in one, `first-party`, which REST logins are granted to. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.client (
      tenant_id text collate "C" not null references iam.tenant,
      id text collate "C" not null,
      handle text collate "C" not null,
      name text not null,
      audience text not null,
      scope text not null,
      access_token_seconds integer not null check (access_token_seconds between 60 and 3600),
      refresh_idle_seconds integer not null check (refresh_idle_seconds > 0),
      created_at timestamptz not null,
      primary key (tenant_id, id),
      unique (tenant_id, handle)
    );
    grant select, insert, update on iam.client to iam_api;
  `.execute(db)
  await isolateByTenant(db, 'client')
}
