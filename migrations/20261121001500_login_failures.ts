import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** Failed logins in a row, and where each person logged in from before. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- No row: the last login succeeded. The password opens nothing while disabled_at is set.
    create table iam.login_failure (
      tenant_id text collate "C" not null,
      user_id text collate "C" not null,
      in_a_row integer not null,
      last_at timestamptz not null,
      disabled_at timestamptz,
      primary key (tenant_id, user_id),
      foreign key (tenant_id, user_id) references iam."user"
    ) with (fillfactor = 70);
    grant select, insert, update, delete on iam.login_failure to iam_api;

    -- The id is a keyed hash of the person's address with a network and an agent: nothing can be read from it.
    create table iam.known_origin (
      tenant_id text collate "C" not null,
      id bytea not null,
      user_id text collate "C" not null,
      last_seen_at timestamptz not null,
      primary key (tenant_id, id),
      foreign key (tenant_id, user_id) references iam."user"
    );
    create index known_origin_user on iam.known_origin (tenant_id, user_id);
    grant select, insert, update, delete on iam.known_origin to iam_api;
  `.execute(db)
  for (const table of ['login_failure', 'known_origin']) await isolateByTenant(db, table)
}
