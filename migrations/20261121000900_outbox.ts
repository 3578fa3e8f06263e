import { type Kysely, sql } from 'kysely'
import { isolateByTenant } from './tenant-table.ts'

/** Events written with the change that made them true, and the leased cursors of those who relay them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The last sequence given out for an ordering key; written under the key's advisory lock.
    create table iam.outbox_stream (
      tenant_id text collate "C" not null,
      ordering_key text collate "C" not null,
      last_sequence bigint not null,
      primary key (tenant_id, ordering_key)
    ) with (fillfactor = 70);
    grant select, insert, update on iam.outbox_stream to iam_api, iam_worker;

    create table iam.outbox (
      partition smallint not null generated always as ((hashtextextended(ordering_key, 0) & 7)::smallint) stored,
      xid xid8 not null default pg_current_xact_id(),
      id bigint generated always as identity,
      tenant_id text collate "C" not null,
      event_id text collate "C" not null,
      type text not null,
      version smallint not null,
      occurred_at timestamptz not null,
      ordering_key text collate "C" not null,
      sequence bigint not null,
      payload jsonb not null,
      traceparent text,
      correlation_id text collate "C",
      causation_id text collate "C",
      retention_class text not null check (retention_class in ('regulated', 'security', 'operational', 'analytics')),
      primary key (partition, xid, id)
    );
    grant insert on iam.outbox to iam_api;
    grant select, insert, delete on iam.outbox to iam_worker;

    -- Events that the broker refuses, and those of the same stream behind them: they wait here, in order, to be
    -- replayed, so that no other stream waits for them.
    create table iam.outbox_dead_letter (
      xid xid8 not null,
      id bigint not null,
      tenant_id text collate "C" not null,
      event_id text collate "C" not null,
      type text not null,
      version smallint not null,
      occurred_at timestamptz not null,
      ordering_key text collate "C" not null,
      sequence bigint not null,
      payload jsonb not null,
      traceparent text,
      correlation_id text collate "C",
      causation_id text collate "C",
      retention_class text not null,
      reason text not null,
      buried_at timestamptz not null,
      primary key (xid, id)
    );
    create index outbox_dead_letter_stream on iam.outbox_dead_letter (ordering_key);
    grant select, insert, delete on iam.outbox_dead_letter to iam_worker;

    create table iam.relay_lease (
      partition smallint primary key,
      owner text,
      epoch bigint not null default 0,
      expires_at timestamptz not null default '-infinity',
      cursor_xid xid8 not null default '0',
      cursor_id bigint not null default 0
    );
    insert into iam.relay_lease (partition) select generate_series(0, 7);
    grant select, update on iam.relay_lease to iam_worker;

    -- Who relays now: the partitions are shared out among them.
    create table iam.relay_member (
      owner text primary key,
      expires_at timestamptz not null
    );
    grant select, insert, update, delete on iam.relay_member to iam_worker;
  `.execute(db)
  for (const table of ['outbox', 'outbox_stream', 'outbox_dead_letter']) await isolateByTenant(db, table)
  await sql`
    create policy relay on iam.outbox for select to iam_worker using (true);
    create policy sweep on iam.outbox for delete to iam_worker using (true);
    create policy relay on iam.outbox_dead_letter to iam_worker using (true) with check (true);
  `.execute(db)
}
