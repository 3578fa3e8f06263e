import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** Links that were asked for to sign in by mail. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Nothing here opens anything: what is mailed and what the device that asked holds follow from the id and a key
    -- that KMS wraps.
    create table iam.magic_link (
      tenant_id text collate "C" not null,
      id text collate "C" not null,
      -- A keyed hash of the address that it was asked for, whether anybody has it or not.
      subject bytea not null,
      -- Who has the address; known once the mail is written, and never where nobody has.
      user_id text collate "C",
      key_version integer not null,
      -- The device, network and place that asked, sealed: for the person to recognise.
      asked_from bytea not null,
      data_key_version integer not null,
      code_guesses integer not null default 0,
      number_guesses integer not null default 0,
      created_at timestamptz not null,
      expires_at timestamptz not null,
      -- By the person, on another device than the one that asked.
      approved_at timestamptz,
      consumed_at timestamptz,
      voided_at timestamptz,
      primary key (tenant_id, id),
      foreign key (tenant_id, user_id) references iam."user"
    );
    create index magic_link_open on iam.magic_link (tenant_id, subject)
      where consumed_at is null and voided_at is null;
    create index magic_link_of_user on iam.magic_link (tenant_id, user_id) where user_id is not null;
    create index magic_link_expiry on iam.magic_link (expires_at);
    grant select, insert, update, delete on iam.magic_link to iam_api;
    grant select, update, delete on iam.magic_link to iam_worker;
  `.execute(db)
  await isolateByTenant(db, 'magic_link')
  await sql`
    create policy sweep on iam.magic_link for delete to iam_worker using (true);
    -- To delete a row by its age is to read it first.
    create policy sweep_old on iam.magic_link for select to iam_worker
      using (expires_at < iam.now() - interval '1 hour');
  `.execute(db)
}
