import type { WakeWay } from '../agent/protocol.ts'
import { interleave, type Contender } from '../measure/interleave.ts'
import { turnsOf } from './measure-load.ts'
import type { Row } from './row.ts'

const ways: readonly WakeWay[] = ['poll, 100 ms', 'ours']

/** How soon an idle relay has an event, from the start of the transaction that appends it. */
export const wake: Row = {
  name: 'wake',
  title: 'wake-up of an idle relay, one event at a time',
  metrics: ['p50Ms', 'p99Ms'],
  goals: [
    { subject: 'ours', metric: 'p99Ms', atMost: 10 },
    { subject: 'ours', metric: 'p99Ms', of: 'poll, 100 ms', atMost: 0.1 },
  ],
  measure: async (bench) => {
    const urls = await bench.databaseUrls('wake')
    const redisUrl = bench.service.stack.redis.url
    const contenders = ways.map(
      (way): Contender => ({ name: way, work: { kind: 'wake', way, urls, redisUrl } }),
    )
    return { series: await interleave(contenders, turnsOf(bench)) }
  },
}
