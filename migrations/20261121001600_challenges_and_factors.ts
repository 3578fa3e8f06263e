import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** Second factors of people, and challenges: what is proved in two steps. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Makes a flight fail unless something holds, with a code that the sender knows the meaning of.
    create function iam.require(in_holds boolean, in_code text) returns void language plpgsql volatile
      set search_path = pg_catalog, pg_temp as $$
    begin
      if in_holds is not true then
        raise exception 'What a flight requires does not hold' using errcode = in_code;
      end if;
    end
    $$;

    -- Nothing here opens anything: a challenge's secret follows from the id and a key that KMS wraps.
    create table iam.challenge (
      tenant_id text collate "C" not null,
      id text collate "C" not null,
      kind text not null,
      user_id text collate "C",
      session_id text collate "C",
      -- Of the one browser that may answer it; none where its token alone is the proof.
      binding bytea,
      key_version integer not null,
      -- What was proved and asked for so far. Personal values are sealed.
      facts jsonb not null,
      failures integer not null default 0,
      created_at timestamptz not null,
      expires_at timestamptz not null,
      consumed_at timestamptz,
      voided_at timestamptz,
      primary key (tenant_id, id),
      foreign key (tenant_id, user_id) references iam."user"
    );
    create index challenge_of_user on iam.challenge (tenant_id, user_id) where user_id is not null;
    create index challenge_expiry on iam.challenge (expires_at);
    grant select, insert, update, delete on iam.challenge to iam_api;
    grant select, delete on iam.challenge to iam_worker;

    create table iam.factor (
      tenant_id text collate "C" not null,
      id text collate "C" not null,
      user_id text collate "C" not null,
      kind text not null check (kind in ('totp', 'passkey', 'recovery')),
      -- Name and TOTP secret: sealed under the person's key.
      name bytea,
      secret bytea,
      -- The newest TOTP time step that was used (RFC 6238 5.2: none is taken twice).
      last_step bigint,
      -- In a row. After too many the factor opens nothing any more.
      failures integer not null default 0,
      created_at timestamptz not null,
      -- Null until the person showed that it works; it counts for nothing before.
      confirmed_at timestamptz,
      last_used_at timestamptz,
      disabled_at timestamptz,
      primary key (tenant_id, id),
      foreign key (tenant_id, user_id) references iam."user"
    ) with (fillfactor = 80);
    create index factor_of_user on iam.factor (tenant_id, user_id);
    create unique index factor_recovery on iam.factor (tenant_id, user_id) where kind = 'recovery';
    grant select, insert, update, delete on iam.factor to iam_api;

    create table iam.recovery_code (
      tenant_id text collate "C" not null,
      factor_id text collate "C" not null,
      hash bytea not null,
      consumed_at timestamptz,
      primary key (tenant_id, factor_id, hash),
      foreign key (tenant_id, factor_id) references iam.factor on delete cascade
    );
    grant select, insert, update, delete on iam.recovery_code to iam_api;

    -- Who logs in without a password has none to be overtaken by: null.
    create or replace function iam.require_standing(in_tenant text, in_user text, in_password_of timestamptz)
      returns void language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
    begin
      if not exists (
        select from iam."user" u
         where u.tenant_id = in_tenant and u.id = in_user and u.status = 'active'
           and (in_password_of is null or exists (
             select from iam.credential c
              where c.tenant_id = u.tenant_id and c.user_id = u.id
                and date_trunc('milliseconds', c.changed_at) = in_password_of
           ))
      ) then
        raise exception 'The account has changed' using errcode = 'IAM01';
      end if;
    end
    $$;
  `.execute(db)
  for (const table of ['challenge', 'factor', 'recovery_code']) await isolateByTenant(db, table)
  await sql`
    create policy sweep on iam.challenge for delete to iam_worker using (true);
    -- To delete a row by its age is to read it first.
    create policy sweep_old on iam.challenge for select to iam_worker
      using (expires_at < iam.now() - interval '1 hour');
  `.execute(db)
}
