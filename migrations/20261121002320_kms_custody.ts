import { type Kysely, sql } from 'kysely'

/** Signing keys that never leave Cloud KMS: each has a version of its own, which ends when the key has. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table iam.signing_key add column kms_version_ended_at timestamptz;
    create unique index signing_key_kms_version on iam.signing_key (kms_version);
  `.execute(db)
}
