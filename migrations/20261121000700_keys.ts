import { type Kysely, sql } from 'kysely'

/** Signing keys, the other secrets that rotate, the published key sets, and the lease that picks one leader. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.signing_key (
      id text collate "C" primary key,
      scope text not null,
      purpose text not null check (purpose in ('token', 'status')),
      alg text not null,
      kid text collate "C" not null unique,
      custody text not null check (custody in ('wrapped', 'kms')),
      public_jwk jsonb not null,
      endorsement text not null,
      wrapped bytea,
      kms_version text,
      state text not null
        check (state in ('pending', 'published', 'active', 'retiring', 'retired', 'destroyed', 'compromised')),
      created_at timestamptz not null,
      published_at timestamptz,
      activate_at timestamptz,
      sign_until timestamptz not null,
      verify_until timestamptz not null,
      check (custody <> 'wrapped' or wrapped is not null or state in ('destroyed', 'compromised')),
      check (custody <> 'kms' or kms_version is not null)
    );
    grant select on iam.signing_key to iam_api;
    grant select, insert, update on iam.signing_key to iam_worker;

    create function iam.refuse_key_revival() returns trigger language plpgsql as $$
    begin
      if old.state in ('compromised', 'destroyed') and new.state not in ('compromised', 'destroyed') then
        raise exception 'signing key % is %: that is final', old.id, old.state using errcode = 'check_violation';
      end if;
      return new;
    end
    $$;
    create trigger final_states before update of state on iam.signing_key
      for each row execute function iam.refuse_key_revival();

    create table iam.secret_key (
      purpose text not null,
      version integer not null,
      wrapped bytea not null,
      created_at timestamptz not null,
      activate_at timestamptz not null,
      retire_at timestamptz,
      primary key (purpose, version)
    );
    grant select on iam.secret_key to iam_api;
    grant select, insert, update, delete on iam.secret_key to iam_worker;

    create table iam.key_set_version (
      version bigint primary key,
      region text not null,
      issued_at timestamptz not null,
      expires_at timestamptz not null,
      document text not null
    );
    grant select, insert on iam.key_set_version to iam_worker;

    create table iam.leader_lease (
      name text primary key,
      owner text not null,
      epoch bigint not null,
      expires_at timestamptz not null
    );
    grant select, insert, update on iam.leader_lease to iam_worker;
  `.execute(db)
}
