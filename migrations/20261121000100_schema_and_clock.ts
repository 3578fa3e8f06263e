import { type Kysely, sql } from 'kysely'

/** The schema, who may use it, and the one clock that leases, key activation and refresh windows read. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create schema iam;
    grant usage on schema iam to iam_api, iam_worker;

    -- Read after a lock is held, so it must be the wall clock and not the transaction's start.
    create function iam.now() returns timestamptz language sql volatile parallel safe
      as 'select clock_timestamp()';
  `.execute(db)
}
