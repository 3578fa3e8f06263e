import { type Kysely, sql } from 'kysely'

/** Who signs the key set, and from when on another does. */
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
    grant select, update (switched_at) on iam.anchor_rotation to iam_worker;
  `.execute(db)
}
