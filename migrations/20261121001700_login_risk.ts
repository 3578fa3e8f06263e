import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** The risk of each login whose first factor was right, with its reasons, for 90 days. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.login_risk (
      tenant_id text collate "C" not null,
      id text collate "C" not null,
      user_id text collate "C" not null,
      created_at timestamptz not null,
      -- Set where the login led to a session: only these count as places and devices of the person.
      session_id text collate "C",
      opened_at timestamptz,
      -- Keyed hashes of the person with the network and the device: nothing can be read from them.
      device bytea not null,
      network bytea not null,
      -- ISO 3166-1, as coarse as that; the rest of where it was is sealed under the person's key.
      country text,
      is_tor_exit boolean not null,
      seen_from bytea,
      signals jsonb not null,
      -- What else was decided by: factors that the person had, methods that were proved, a trusted device.
      facts jsonb not null,
      score smallint not null check (score between 0 and 100),
      reasons jsonb not null,
      decision text not null,
      primary key (tenant_id, id),
      foreign key (tenant_id, user_id) references iam."user",
      check ((session_id is null) = (opened_at is null))
    );
    create index login_risk_of_user on iam.login_risk (tenant_id, user_id, id);
    create index login_risk_age on iam.login_risk (created_at);
    grant select, insert, update, delete on iam.login_risk to iam_api;
    grant select, delete on iam.login_risk to iam_worker;
  `.execute(db)
  await isolateByTenant(db, 'login_risk')
  await sql`
    create policy sweep on iam.login_risk for delete to iam_worker using (true);
    -- To delete a row by its age is to read it first.
    create policy sweep_old on iam.login_risk for select to iam_worker
      using (created_at < iam.now() - interval '90 days');
  `.execute(db)
}
