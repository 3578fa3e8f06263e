import type { EnqueueWay } from '../agent/protocol.ts'
import { interleave, type Contender } from '../measure/interleave.ts'
import { turnsOf } from './measure-load.ts'
import type { Row } from './row.ts'

const ways: readonly EnqueueWay[] = ['not told', 'nudge', 'pg_notify']

/** What telling the relay costs those who commit; `nudge` is ours. */
export const enqueue: Row = {
  name: 'enqueue',
  title: 'commits that append an event, 20 at a time, by how the relay is told',
  metrics: ['rate', 'totalUs', 'p50Ms', 'p99Ms'],
  goals: [{ subject: 'nudge', metric: 'rate', over: 'not told', atLeast: 0.95 }],
  measure: async (bench) => {
    const urls = await bench.databaseUrls('unused')
    const redisUrl = bench.service.stack.redis.url
    const contenders = ways.map((way): Contender => {
      return { name: way, work: { kind: 'enqueue', way, urls, redisUrl, workers: 20 } }
    })
    return { series: await interleave(contenders, turnsOf(bench)) }
  },
}
