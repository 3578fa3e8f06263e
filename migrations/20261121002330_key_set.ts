import { type Kysely, sql } from 'kysely'

/** Who signs the key set and from when on another does, what other regions add to it, and what the CDN was told of. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.anchor_rotation (
      epoch integer primary key check (epoch > 0),
      from_kid text collate "C" not null,
      to_kid text collate "C" not null,
      spare_kid text collate "C" not null,
      announced_at timestamptz not null,
      switch_at timestamptz not null,
      switched_at timestamptz,
      check (from_kid <> to_kid and spare_kid <> from_kid and spare_kid <> to_kid)
    );
    create table iam.key_set_part (
      region text primary key,
      version bigint not null,
      document text not null,
      read_at timestamptz not null
    );
    grant select, insert, update on iam.key_set_part to iam_worker;
    alter table iam.signing_key add column revoked_at timestamptz;
    alter table iam.key_set_version
      add column changed boolean not null default false,
      add column purged_at timestamptz;
    grant update (purged_at) on iam.key_set_version to iam_worker;
    grant select, update (switched_at) on iam.anchor_rotation to iam_worker;
  `.execute(db)
}
