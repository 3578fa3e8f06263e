import { once } from 'node:events'
import { inOneFlight, streamKey, type Database, type Db, type Statement } from '@iam/domain/db'
import { appendEvent } from '@iam/domain/outbox'
import { openPostgres } from '@iam/platform/postgres'
import { Nudge, openRedis } from '@iam/platform/redis'
import type { EnqueueWay, Opened, Work } from '../agent/protocol.ts'
import { closedLoop } from '../load/closed-loop.ts'
import { anyTenant, someEvent } from './events.ts'

type EnqueueWork = Extract<Work, { kind: 'enqueue' }>

const notify: Record<EnqueueWay, Statement[]> = {
  'not told': [],
  nudge: [],
  pg_notify: [{ sql: `select pg_notify('bench', '')`, parameters: [] }],
}

/** Commits one event after another, each to a stream of its worker, telling a relay in one of three ways. */
export async function openEnqueue(work: EnqueueWork): Promise<Opened> {
  const tenantId = await anyTenant(work.urls.superuser)
  const postgres = openPostgres<Database>({ url: work.urls.api, poolSize: work.workers })
  const redis = openRedis(work.redisUrl)
  await once(redis.client, 'ready')
  const nudge = new Nudge(redis.client, 'bench:outbox')
  const told = work.way === 'nudge' ? { eventsCommitted: () => nudge.send() } : {}
  const db: Db = { kysely: postgres.kysely, flights: postgres.flights, ...told }
  const enqueue = async (worker: number) => {
    const aggregateId = `ses_bench_${worker}`
    const at = new Date()
    await inOneFlight(db, { tenantId, streams: [streamKey(tenantId, aggregateId)] }, [
      appendEvent({ tenantId, aggregateId, at, event: someEvent(aggregateId) }),
      ...notify[work.way],
    ])
    return true
  }
  return {
    run: (ms) => closedLoop(enqueue, { workers: work.workers, ms }),
    close: async () => {
      redis.close()
      await postgres.close()
    },
  }
}
