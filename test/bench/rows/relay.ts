import type { Bench } from '../bench.ts'
import type { DrainWay } from '../agent/protocol.ts'
import { interleave, type Contender } from '../measure/interleave.ts'
import { turnsOf } from './measure-load.ts'
import type { Row } from './row.ts'

/** About as many as each empties in a second, so that starting and ending weigh alike. */
const ways: readonly { way: DrainWay; perSecond: number; database: string }[] = [
  { way: 'skip locked', perSecond: 40_000, database: 'skip_locked' },
  { way: 'ours', perSecond: 40_000, database: 'unused' },
  { way: 'graphile-worker, local queue', perSecond: 20_000, database: 'graphile_queue' },
  { way: 'graphile-worker', perSecond: 2_500, database: 'graphile' },
  { way: 'pg-boss', perSecond: 8_000, database: 'pg_boss' },
]

/** Relaying an outbox to a publisher that does nothing: what the database and the loop around it cost. */
export const relay: Row = {
  name: 'relay',
  title: 'outbox relay, publisher that does nothing, batches of 500, one process',
  metrics: ['totalUs', 'serverUs', 'backendUs', 'rate', 'rssMib'],
  goals: [
    { subject: 'ours', metric: 'totalUs', over: 'skip locked', atLeast: 0.55 },
    { subject: 'ours', metric: 'totalUs', over: 'graphile-worker, local queue', atLeast: 1.7 },
    { subject: 'ours', metric: 'totalUs', over: 'pg-boss', atLeast: 4 },
  ],
  measure: async (bench) => {
    const contenders: Contender[] = []
    for (const { way, perSecond, database } of ways) {
      const rows = Math.round((perSecond * bench.options.ms) / 1000)
      contenders.push({
        name: way,
        work: { kind: 'drain', way, rows, urls: await bench.databaseUrls(database) },
      })
    }
    return { series: await interleave(contenders, databaseTurns(bench)) }
  },
}

/** Against Postgres alone. */
export function databaseTurns(bench: Bench) {
  const { postgres } = bench.service.stack
  return { ...turnsOf(bench), backend: [postgres.pid ?? 0] }
}
