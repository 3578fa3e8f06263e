import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, Db } from '@iam/domain/db'
import { openPostgres } from '@iam/platform/postgres'
import pg from 'pg'
import { OutboxRelay } from '../../../apps/iam-worker/src/relay/relay.ts'
import type { Publisher } from '../../../apps/iam-worker/src/relay/publisher.ts'
import type { DatabaseUrls } from '../agent/protocol.ts'
import type { Drain } from './drain.ts'
import { anyTenant, withClient } from './events.ts'

const producer = { namespace: 'bench', name: 'iam-worker', version: '0' }
const partitions = 8

/** iam-worker's relay as it ships, with another publisher. The worker itself must not run. */
export async function startOurRelay(
  workerUrl: string,
  publisher: Publisher,
): Promise<{ relay: OutboxRelay; close: () => Promise<void> }> {
  const { kysely, flights, close } = openPostgres<Database>({ url: workerUrl, poolSize: 10 })
  const db: Db = { kysely, flights }
  const say = (fields: object, message: string) => console.error(message, fields)
  const log = { warn: say, error: say }
  const clock = () => new Date()
  const owner = `bench-${randomBytes(4).toString('hex')}`
  const relay = new OutboxRelay({ db, clock, publisher, producer, log }, { owner, ttl: 10 })
  while (relay.held < partitions) await sleep(50)
  return {
    relay,
    close: async () => {
      await relay.stop()
      await close()
    },
  }
}

/** Our outbox, emptied by our relay into a publisher that accepts everything and does nothing. */
export async function openOurRelay({ worker, superuser }: DatabaseUrls): Promise<Drain> {
  const tenantId = await anyTenant(superuser)
  const filler = new pg.Client({ connectionString: superuser })
  await filler.connect()
  const waiting = { rows: 0, done: () => {} }
  const publish = async (_topic: string, messages: readonly unknown[]) => {
    waiting.rows -= messages.length
    if (waiting.rows === 0) waiting.done()
  }
  const { relay, close } = await startOurRelay(worker, { publish })
  return {
    fill: (rows) => fill(filler, tenantId, rows),
    empty: async (rows) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      Object.assign(waiting, { rows, done: resolve })
      await filler.query('commit')
      relay.nudge()
      await promise
      // The last cursors move after the last publication: they are part of the work.
      await untilNoneIsLeft(worker)
    },
    close: async () => {
      await close()
      await filler.end()
    },
  }
}

/** Events of 1,000 streams over all partitions, not committed yet: the relay looks every second, asked or not. */
async function fill(client: pg.Client, tenantId: string, rows: number): Promise<void> {
  await client.query('truncate iam.outbox')
  await client.query('begin')
  await client.query(
    `insert into iam.outbox (tenant_id, event_id, type, version, occurred_at, ordering_key, sequence, payload,
                             traceparent, correlation_id, retention_class)
     select $1, 'evt_bench_' || i, 'session.refreshed', 1, now(), $1 || ':ses_bench_' || i % 1000, i / 1000 + 1,
            jsonb_build_object('sessionId', 'ses_bench_' || i % 1000, 'userId', 'usr_01BX5ZZKBKACTAV9WEVGEMMVRZ',
                               'clientId', 'cli_01BX5ZZKBKACTAV9WEVGEMMVRZ', 'generation', i / 1000),
            '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00', 'req_01BX5ZZKBKACTAV9WEVGEMMVRZ', 'operational'
       from generate_series(1, $2) i`,
    [tenantId, rows],
  )
  await client.query('analyze iam.outbox')
}

async function untilNoneIsLeft(workerUrl: string): Promise<void> {
  const left = `select exists (
    select from iam.relay_lease l join iam.outbox o
      on o.partition = l.partition and (o.xid, o.id) > (l.cursor_xid, l.cursor_id)) as left`
  await withClient(workerUrl, async (client) => {
    while ((await client.query<{ left: boolean }>(left)).rows[0]?.left !== false) await sleep(2)
  })
}
