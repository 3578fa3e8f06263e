import { type Kysely, sql } from 'kysely'

/**
 * Lets the secrets rotate: a version cannot be destroyed while a row names it, and iam-worker finds the rows that name
 * one that a newer one has taken over from.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table iam.user_key
      add column data_key_purpose text generated always as ('data'::text) stored,
      add foreign key (data_key_purpose, data_key_version) references iam.secret_key (purpose, version);
    create index user_key_data_key on iam.user_key (data_key_version);

    -- Those of imported hashes have no version, and name none.
    alter table iam.credential
      add column pepper_purpose text generated always as ('pepper'::text) stored,
      add foreign key (pepper_purpose, pepper_version) references iam.secret_key (purpose, version);
    create index credential_pepper on iam.credential (pepper_version);
    alter table iam.credential_history
      add column pepper_purpose text generated always as ('pepper'::text) stored,
      add foreign key (pepper_purpose, pepper_version) references iam.secret_key (purpose, version);
    create index credential_history_pepper on iam.credential_history (pepper_version);

    grant update (data_key_version, sealed) on iam.user_key to iam_worker;
    grant select (tenant_id, user_id, pepper_version) on iam.credential, iam.credential_history to iam_worker;

    create function iam.newest_secret(in_purpose text) returns integer language sql stable parallel safe
      set search_path = pg_catalog, pg_temp
      return (select max(k.version) from iam.secret_key k
               where k.purpose = in_purpose and k.activate_at <= iam.now());
    -- Of all tenants, but only what an older version made, and only to be found: it is changed under its own tenant.
    create policy superseded on iam.user_key for select to iam_worker
      using (data_key_version < (select iam.newest_secret('data')));
    create policy superseded on iam.credential for select to iam_worker
      using (pepper_version < (select iam.newest_secret('pepper')));
    create policy superseded on iam.credential_history for select to iam_worker
      using (pepper_version < (select iam.newest_secret('pepper')));
  `.execute(db)
}
