import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** In which breaches of other services people's addresses are: when that was asked, what was found, and the pace. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.breach_look (
      tenant_id text collate "C" not null,
      user_id text collate "C" not null,
      asked_at timestamptz not null,
      primary key (tenant_id, user_id),
      foreign key (tenant_id, user_id) references iam."user"
    );
    grant select, insert, update, delete on iam.breach_look to iam_worker;
    grant delete on iam.breach_look to iam_api;
    -- To delete a row is to find it first.
    grant select (tenant_id, user_id) on iam.breach_look to iam_api;

    create table iam.breach_found (
      tenant_id text collate "C" not null,
      user_id text collate "C" not null,
      breach text collate "C" not null,
      breached_on date not null,
      has_passwords boolean not null,
      found_at timestamptz not null,
      primary key (tenant_id, user_id, breach),
      foreign key (tenant_id, user_id) references iam."user"
    );
    grant select, insert, delete on iam.breach_found to iam_worker;
    grant select, delete on iam.breach_found to iam_api;

    -- When the service may be asked next, by any worker: the limit is the key's, whoever asks.
    create table iam.breach_pace (
      only_one boolean primary key default true check (only_one),
      next_at timestamptz not null
    );
    grant select, insert, update on iam.breach_pace to iam_worker;

    -- Since when the password may be known, which the person may have used in a breached service, too. A new one
    -- comes without.
    alter table iam.credential add column exposed_at timestamptz;
    grant select (changed_at, exposed_at), update (exposed_at) on iam.credential to iam_worker;
  `.execute(db)
  for (const table of ['breach_look', 'breach_found']) await isolateByTenant(db, table)
}
