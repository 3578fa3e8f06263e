import pg from 'pg'
import type { Drain } from '../contenders/drain.ts'

const batch = 500

const table = `
  create table if not exists outbox (
    id bigint generated always as identity primary key,
    tenant_id text not null,
    event_id text not null,
    type text not null,
    version smallint not null,
    occurred_at timestamptz not null,
    ordering_key text not null,
    sequence bigint not null,
    payload jsonb not null,
    traceparent text,
    correlation_id text,
    retention_class text not null,
    published_at timestamptz
  );
  create index if not exists outbox_unsent on outbox (id) where published_at is null`

const insert = `
  insert into outbox (tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload,
                      traceparent, correlation_id, retention_class)
  select 'ten_bench', 'evt_bench_' || i, 'session.refreshed', 1, now(), 'ten_bench:ses_bench_' || i % 1000, i / 1000 + 1,
         jsonb_build_object('sessionId', 'ses_bench_' || i % 1000, 'userId', 'usr_01BX5ZZKBKACTAV9WEVGEMMVRZ',
                            'clientId', 'cli_01BX5ZZKBKACTAV9WEVGEMMVRZ', 'generation', i / 1000),
         '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00', 'req_01BX5ZZKBKACTAV9WEVGEMMVRZ', 'operational'
    from generate_series(1, $1) i`

const claim = `
  select id, tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload, traceparent,
         correlation_id, retention_class
    from outbox where published_at is null order by id limit $1 for update skip locked`

const mark = 'update outbox set published_at = now() where id = any($1::bigint[])'

/** The loop that most outboxes are: no order, no leases, nothing made of the rows. */
export async function openSkipLocked(url: string): Promise<Drain> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(table)
  return {
    fill: async (rows) => {
      await client.query('truncate outbox')
      await client.query(insert, [rows])
      await client.query('analyze outbox')
    },
    empty: async () => {
      while ((await relayBatch(client)) > 0);
    },
    close: () => client.end(),
  }
}

/** Claims a batch, hands it to nobody, and marks it. @returns how many rows it had. */
export async function relayBatch(client: pg.Client): Promise<number> {
  await client.query('begin')
  const { rows } = await client.query<{ id: string }>({ name: 'claim', text: claim, values: [batch] })
  if (rows.length > 0) await client.query({ name: 'mark', text: mark, values: [rows.map(({ id }) => id)] })
  await client.query('commit')
  return rows.length
}

/** Adds one row. */
export async function insertOne(client: pg.Client): Promise<void> {
  await client.query(insert, [1])
}
