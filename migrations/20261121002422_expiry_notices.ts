import { type Kysely, sql } from 'kysely'

/** What was told of the ends of keys and certificates, so that it is told once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.expiry_notice (
      kind text not null,
      thing text collate "C" not null,
      ends_at timestamptz not null,
      days smallint not null,
      noticed_at timestamptz not null,
      primary key (kind, thing, ends_at, days)
    );
    grant select, insert on iam.expiry_notice to iam_worker;
  `.execute(db)
}
