import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { inOneFlight, streamKey, type Database, type Db } from '@iam/domain/db'
import { appendEvent } from '@iam/domain/outbox'
import { openPostgres } from '@iam/platform/postgres'
import { Nudge, onNudge, openRedis } from '@iam/platform/redis'
import pg from 'pg'
import type { Opened, WakeWay, Work } from '../agent/protocol.ts'
import { closedLoop, type Operation } from '../load/closed-loop.ts'
import { insertOne, openSkipLocked, relayBatch } from '../peers/skip-locked.ts'
import { anyTenant, someEvent } from './events.ts'
import { startOurRelay } from './our-relay.ts'

type WakeWork = Extract<Work, { kind: 'wake' }>

/** Commits an event and waits until the relay has handed it to the publisher. */
interface Waker {
  /** Milliseconds from one event's arrival to the next event, at most. */
  readonly pauseUpTo: number
  readonly wake: Operation
  readonly close: () => Promise<void>
}

const channel = 'bench:outbox'
const pollEvery = 100
const least = 10

/**
 * How long an event takes from the start of its transaction to the publisher, one at a time with a pause between:
 * what is measured is how soon an idle relay looks, not how much it carries.
 */
export async function openWake(work: WakeWork): Promise<Opened> {
  const { pauseUpTo, wake, close } = await wakers[work.way](work)
  const pause = () => sleep(randomInt(least, pauseUpTo))
  return { run: (ms) => closedLoop(wake, { workers: 1, ms, pause }), close }
}

const wakers: Record<WakeWay, (work: WakeWork) => Promise<Waker>> = {
  ours: async ({ urls, redisUrl }) => {
    const tenantId = await anyTenant(urls.superuser)
    const arrivals = new Arrivals()
    const { relay, close } = await startOurRelay(urls.worker, { publish: async () => arrivals.come() })
    const redis = openRedis(redisUrl)
    await once(redis.client, 'ready')
    const nudges = onNudge(redis.client, channel, () => relay.nudge())
    const nudge = new Nudge(redis.client, channel)
    const postgres = openPostgres<Database>({ url: urls.api, poolSize: 2 })
    const { kysely, flights } = postgres
    const db: Db = { kysely, flights, eventsCommitted: () => nudge.send() }
    return {
      pauseUpTo: 30,
      wake: () => arrivals.after(() => commitEvent(db, tenantId)),
      close: async () => {
        nudges.close()
        redis.close()
        await Promise.all([close(), postgres.close()])
      },
    }
  },

  'poll, 100 ms': async ({ urls }) => {
    const drain = await openSkipLocked(urls.peer)
    await drain.fill(0)
    await drain.close()
    const arrivals = new Arrivals()
    const [poller, inserter] = [urls.peer, urls.peer].map((url) => new pg.Client({ connectionString: url }))
    if (poller === undefined || inserter === undefined) throw new Error('There is no database to poll.')
    await Promise.all([poller.connect(), inserter.connect()])
    const stopping = new AbortController()
    const polling = poll(poller, arrivals, stopping.signal)
    return {
      // Events come with a poll: over a whole turn of it, lest they keep step with the next.
      pauseUpTo: least + pollEvery,
      wake: () => arrivals.after(() => insertOne(inserter)),
      close: async () => {
        stopping.abort()
        await polling
        await Promise.all([poller.end(), inserter.end()])
      },
    }
  },
}

/** Lets one event at a time be waited for. */
class Arrivals {
  #come: () => void = () => {}

  come(): void {
    this.#come()
  }

  async after(commit: () => Promise<void>): Promise<true> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#come = resolve
    await commit()
    await promise
    return true
  }
}

async function commitEvent(db: Db, tenantId: string): Promise<void> {
  const aggregateId = 'ses_bench_wake'
  await inOneFlight(db, { tenantId, streams: [streamKey(tenantId, aggregateId)] }, [
    appendEvent({ tenantId, aggregateId, at: new Date(), event: someEvent(aggregateId) }),
  ])
}

async function poll(client: pg.Client, arrivals: Arrivals, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if ((await relayBatch(client)) > 0) arrivals.come()
    await sleep(pollEvery)
  }
}
