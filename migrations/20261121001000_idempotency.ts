import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** What a write with an Idempotency-Key answered, for 24 hours. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table iam.idempotency_key (
      tenant_id text collate "C" not null,
      principal_id text collate "C" not null,
      route text not null,
      key text not null,
      request_hash bytea not null,
      status smallint,
      body jsonb,
      expires_at timestamptz not null,
      primary key (tenant_id, principal_id, route, key)
    );
    create index idempotency_key_expiry on iam.idempotency_key (expires_at);
    grant select, insert, update on iam.idempotency_key to iam_api;
    grant select, delete on iam.idempotency_key to iam_worker;
  `.execute(db)
  await isolateByTenant(db, 'idempotency_key')
  await sql`
    create policy sweep on iam.idempotency_key for delete to iam_worker using (true);
    -- To delete a row by its age is to read it first.
    create policy sweep_old on iam.idempotency_key for select to iam_worker using (expires_at < iam.now());
  `.execute(db)
}
