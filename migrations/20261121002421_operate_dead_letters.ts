import { type Kysely, sql } from 'kysely'

/** Operators look at events that were put aside, of all tenants, and put them back. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create policy operate on iam.outbox_dead_letter to iam_owner using (true) with check (true);
  `.execute(db)
}
