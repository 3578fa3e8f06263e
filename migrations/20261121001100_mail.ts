import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** Mails that wait for iam-worker, and the one-time codes that some of them carry. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.mail (
      tenant_id text collate "C" not null,
      id text collate "C" not null,
      template text not null,
      user_id text collate "C",
      -- Sealed, and gone as soon as the mail is.
      address bytea,
      data_key_version integer,
      locale text not null,
      params jsonb not null,
      created_at timestamptz not null,
      attempts integer not null default 0,
      due_at timestamptz not null,
      sent_at timestamptz,
      given_up_at timestamptz,
      reason text,
      primary key (tenant_id, id)
    );
    create index mail_due on iam.mail (due_at) where sent_at is null and given_up_at is null;
    grant insert on iam.mail to iam_api;
    grant select, insert, update, delete on iam.mail to iam_worker;

    -- Nothing here opens anything: a link's secret and its digits follow from the id and a key that KMS wraps.
    create table iam.one_time_code (
      tenant_id text collate "C" not null,
      id text collate "C" not null,
      user_id text collate "C" not null,
      purpose text not null check (purpose in ('verify_email', 'reset_password', 'change_email', 'undo_email_change')),
      key_version integer not null,
      subject bytea,
      subject_key_version integer,
      failures integer not null default 0,
      created_at timestamptz not null,
      expires_at timestamptz not null,
      consumed_at timestamptz,
      voided_at timestamptz,
      primary key (tenant_id, id),
      foreign key (tenant_id, user_id) references iam."user"
    );
    create index one_time_code_of_user on iam.one_time_code (tenant_id, user_id, purpose);
    grant select, insert, update on iam.one_time_code to iam_api;
    grant select, insert, update, delete on iam.one_time_code to iam_worker;
  `.execute(db)
  for (const table of ['mail', 'one_time_code']) await isolateByTenant(db, table)
  await sql`
    create policy send on iam.mail to iam_worker using (true) with check (true);
    create policy sweep on iam.one_time_code for delete to iam_worker using (true);
    -- To delete a row by its age is to read it first.
    create policy sweep_old on iam.one_time_code for select to iam_worker
      using (expires_at < iam.now() - interval '1 day');
  `.execute(db)
}
