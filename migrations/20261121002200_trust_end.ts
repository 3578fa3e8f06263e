import { type Kysely, sql } from 'kysely'

/** Until when a person's browsers were trusted: what they kept of trust from before counts no more. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table iam."user" add column trust_ended_at timestamptz`.execute(db)
}
