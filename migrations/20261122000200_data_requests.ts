import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** What people ask for by data protection law: a copy of their data, and to be forgotten. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.data_request (
      tenant_id text collate "C" not null,
      id text collate "C" not null,
      user_id text collate "C" not null,
      kind text not null check (kind in ('export', 'erasure')),
      asked_by text not null check (asked_by in ('person', 'administrator', 'operator', 'service')),
      asked_at timestamptz not null,
      -- The event of another service that asked.
      causation_id text collate "C",
      -- When iam-worker has something to do with it: to make it, or to delete its files.
      due_at timestamptz,
      -- The files’ name without its ending; random, so that nobody guesses it.
      object text,
      -- The link’s token and the files’ key, under the person’s own key.
      sealed bytea,
      token_hash bytea,
      completed_at timestamptz,
      expires_at timestamptz,
      -- The link opens nothing any more, before it would have run out.
      ended_at timestamptz,
      downloads integer not null default 0,
      -- Of an erasure: which stores had what of the person, in numbers.
      receipt jsonb,
      primary key (tenant_id, id),
      foreign key (tenant_id, user_id) references iam."user"
    );
    create unique index data_request_open on iam.data_request (tenant_id, user_id)
      where kind = 'export' and completed_at is null and ended_at is null;
    create unique index data_request_erasure on iam.data_request (tenant_id, user_id) where kind = 'erasure';
    create unique index data_request_token on iam.data_request (tenant_id, token_hash);
    create index data_request_user on iam.data_request (tenant_id, user_id);
    create index data_request_due on iam.data_request (due_at) where due_at is not null;
    grant select, insert, update on iam.data_request to iam_api, iam_worker;

    -- What exports tell of passwords: when they were chosen, never what checks them.
    grant select (changed_at, breached_at, breach_checked_at) on iam.credential to iam_worker;
    grant select (replaced_at) on iam.credential_history to iam_worker;
  `.execute(db)
  await isolateByTenant(db, 'data_request')
  await sql`
    create policy due on iam.data_request for select to iam_worker
      using (due_at is not null and due_at <= iam.now());
  `.execute(db)
}
