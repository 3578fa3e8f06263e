import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** What makes the audit trail provable to an outsider: a chain for each tenant, and signed heads over all chains. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The sealer walks the events in this order.
    create index audit_event_walk on iam.audit_event (xid, id);

    -- One for each sealed event: its place in its tenant's chain. Hashes only.
    create table iam.audit_seal (
      tenant_id text collate "C" not null,
      seq bigint not null,
      audit_id text collate "C" not null,
      occurred_at timestamptz not null,
      chain bytea not null,
      -- The number of the first signed head that covers it.
      head bigint not null,
      primary key (tenant_id, seq)
    );
    create index audit_seal_head on iam.audit_seal (head);
    create index audit_seal_time on iam.audit_seal (tenant_id, occurred_at);
    grant select, insert on iam.audit_seal to iam_worker;

    -- Where each tenant's chain ends now.
    create table iam.audit_chain (
      tenant_id text collate "C" primary key,
      seq bigint not null,
      chain bytea not null
    );
    grant select, insert, update on iam.audit_chain to iam_worker;

    -- How far the sealer has come; one row.
    create table iam.audit_sealer (
      one boolean primary key default true check (one),
      cursor_xid xid8 not null default '0',
      cursor_id text collate "C" not null default ''
    );
    insert into iam.audit_sealer default values;
    grant select, update on iam.audit_sealer to iam_worker;

    -- Every signed head. Stored: it stands in the object store, too, where nobody can take it away.
    create table iam.audit_head (
      number bigint primary key,
      minute timestamptz not null unique,
      jws text not null,
      stored boolean not null default false
    );
    grant select, insert, update on iam.audit_head to iam_worker;
  `.execute(db)
  for (const table of ['audit_seal', 'audit_chain']) await isolateByTenant(db, table)
  await sql`
    create policy seal on iam.audit_event for select to iam_worker using (true);
    create policy seal on iam.audit_seal to iam_worker using (true) with check (true);
    create policy seal on iam.audit_chain to iam_worker using (true) with check (true);
    create policy prove on iam.audit_seal for select to iam_owner using (true);
  `.execute(db)
}
