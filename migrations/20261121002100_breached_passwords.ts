import { type Kysely, sql } from 'kysely'

/** When each password was last looked for among breached ones, and when it was found there. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Both are about the password that changed_at is of: a new one comes with its own.
    alter table iam.credential add column breach_checked_at timestamptz, add column breached_at timestamptz;
  `.execute(db)
}
