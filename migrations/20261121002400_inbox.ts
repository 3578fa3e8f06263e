import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** What came in from other services, and what iam-worker does because of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Every event that had its effect: brought again, it has none.
    create table iam.inbox_event (
      tenant_id text collate "C" not null,
      event_id text collate "C" not null,
      subject text not null,
      received_at timestamptz not null,
      primary key (tenant_id, event_id)
    );
    create index inbox_event_age on iam.inbox_event (received_at);
    grant select, insert, delete on iam.inbox_event to iam_worker;

    -- How far each thing that events tell of has come: what is older than that changes it no more. An event without a
    -- sequence leaves the last one there.
    create table iam.inbox_position (
      tenant_id text collate "C" not null,
      about text not null,
      sequence bigint,
      occurred_at timestamptz not null,
      primary key (tenant_id, about)
    );
    grant select, insert, update, delete on iam.inbox_position to iam_worker;

    -- A tenant that begins, changes or is suspended.
    grant insert, update on iam.directory, iam.tenant to iam_worker;
    grant select, insert on iam.client to iam_worker;

    -- A person who is to be forgotten.
    grant update on iam."user" to iam_worker;
    grant select, insert, update on iam.credential_mix to iam_worker;
    grant select (tenant_id, user_id), delete on iam.credential, iam.credential_history to iam_worker;
    grant select, delete on iam.login_failure, iam.role_assignment, iam.factor, iam.recovery_code, iam.passkey,
      iam.passkey_handle, iam.device to iam_worker;
  `.execute(db)
  for (const table of ['inbox_event', 'inbox_position']) await isolateByTenant(db, table)
  await sql`
    create policy sweep on iam.inbox_event for delete to iam_worker using (true);
    create policy sweep_old on iam.inbox_event for select to iam_worker using (iam.is_old(received_at));
  `.execute(db)
}
