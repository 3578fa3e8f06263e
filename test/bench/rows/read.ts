import type { ReadWay } from '../agent/protocol.ts'
import { HttpClient } from '../load/http-client.ts'
import { workloads } from '../load/workloads.ts'
import type { Bench } from '../bench.ts'
import { interleave, type Contender } from '../measure/interleave.ts'
import { profileOf } from '../profiles/index.ts'
import { ours } from '../servers/targets.ts'
import { databaseTurns } from './relay.ts'
import type { Row } from './row.ts'

const ways: readonly ReadWay[] = ['named select', 'in one flight', 'kysely transaction']

/** What the tenant's scope costs a read, next to the bare read without one. */
export const read: Row = {
  name: 'read',
  title: 'one session read by its key under row-level security, 10 at a time',
  metrics: ['totalUs', 'serverUs', 'backendUs', 'rate', 'p50Ms', 'p99Ms'],
  goals: [
    { subject: 'in one flight', metric: 'totalUs', over: 'named select', atLeast: 0.5 },
    { subject: 'in one flight', metric: 'totalUs', over: 'kysely transaction', atLeast: 1.6 },
  ],
  measure: async (bench) => {
    await logSomebodyIn(bench)
    const urls = await bench.databaseUrls('unused')
    const contenders = ways.map(
      (way): Contender => ({ name: way, work: { kind: 'read', way, urls, workers: 10 } }),
    )
    return { series: await interleave(contenders, databaseTurns(bench)) }
  },
}

async function logSomebodyIn(bench: Bench): Promise<void> {
  process.env['IAM_STATE'] = bench.stateFile
  const client = new HttpClient(ours(bench, 'iam-api').server.origin, 1)
  try {
    await workloads.session(client.send, await profileOf('iam'), 1)
  } finally {
    await client.close()
  }
}
