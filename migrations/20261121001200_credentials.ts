import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** Passwords that were used before, hashes that another system made, and how many of each kind a tenant has. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A hash without its salt and its result: what checking against it costs. '$2b$12', '$argon2id$v=19$m=65536,t=3,p=4'.
    create function iam.hash_parameters(hash text) returns text language sql immutable strict parallel safe
      set search_path = pg_catalog, pg_temp
      return coalesce(substring(hash from '^\\$2[aby]\\$[0-9][0-9]'), regexp_replace(hash, '(\\$[^$]*){2}$', ''));

    -- No pepper version: imported as another system made it, and not yet replaced by a hash of ours.
    alter table iam.credential alter column pepper_version drop not null;
    alter table iam.credential add column parameters text generated always as (iam.hash_parameters(hash)) stored;
    grant delete on iam.credential to iam_api;

    -- Earlier passwords of a person, the newest with the highest position.
    create table iam.credential_history (
      tenant_id text collate "C" not null,
      user_id text collate "C" not null,
      position bigint generated always as identity,
      hash text not null,
      pepper_version integer,
      replaced_at timestamptz not null,
      primary key (tenant_id, user_id, position),
      foreign key (tenant_id, user_id) references iam."user"
    );
    grant select, insert, delete on iam.credential_history to iam_api;

    -- How many credentials of a tenant have which parameters. Decoys are drawn over it (see credential/decoy.ts).
    create table iam.credential_mix (
      tenant_id text collate "C" not null references iam.tenant,
      parameters text collate "C" not null,
      credentials bigint not null,
      primary key (tenant_id, parameters)
    );
    grant select, insert, update on iam.credential_mix to iam_api;

    -- Rows are taken in one order by everyone, so that two changes cannot deadlock.
    create function iam.count_credential() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
    begin
      if tg_op = 'UPDATE' and new.parameters = old.parameters then
        return null;
      end if;
      insert into iam.credential_mix as mix (tenant_id, parameters, credentials)
        select coalesce(new.tenant_id, old.tenant_id), changed.parameters, changed.by
          from (values (new.parameters, 1), (old.parameters, -1)) as changed (parameters, by)
         where changed.parameters is not null
         order by changed.parameters
        on conflict (tenant_id, parameters)
          do update set credentials = mix.credentials + excluded.credentials;
      return null;
    end
    $$;
    create trigger count_credential after insert or update of hash or delete on iam.credential
      for each row execute function iam.count_credential();
  `.execute(db)
  await isolateByTenant(db, 'credential_history')
  await isolateByTenant(db, 'credential_mix')
  // Those that were there before; row-level security is forced on the owner too, so each tenant is counted by itself.
  const tenants = await sql<{ tenant_id: string }>`select tenant_id from iam.directory`.execute(db)
  for (const { tenant_id: tenantId } of tenants.rows) {
    await sql`select set_config('app.tenant_id', ${tenantId}, true)`.execute(db)
    await sql`
      insert into iam.credential_mix (tenant_id, parameters, credentials)
        select tenant_id, parameters, count(*) from iam.credential group by tenant_id, parameters
    `.execute(db)
  }
}
