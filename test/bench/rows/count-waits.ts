import { freePort } from '@iam/local-stack/ports'
import type { Bench } from '../bench.ts'
import { HttpClient } from '../load/http-client.ts'
import { workloads } from '../load/workloads.ts'
import { median } from '../measure/statistics.ts'
import { profileOf } from '../profiles/index.ts'
import type { Verdict } from '../report/goals.ts'
import { Server } from '../servers/server.ts'
import { bundleOf } from '../servers/start-service.ts'
import { CountingProxy } from '../servers/counting-proxy.ts'

const operations = 25

/**
 * How often an operation waits on Postgres. Counted on the wire, between another instance of iam-api and Postgres,
 * one operation at a time; the median leaves out what the instance asks by itself now and then.
 */
export async function countWaits(
  bench: Bench,
  workload: 'refresh' | 'session',
  atMost: number,
): Promise<Verdict> {
  const proxy = await CountingProxy.start(bench.service.stack.postgres.port)
  const api = await startThrough(bench, proxy)
  const client = new HttpClient(api.origin, 1)
  try {
    process.env['IAM_STATE'] = bench.stateFile
    const operation = await workloads[workload](client.send, await profileOf('iam'), 1)
    const waits: number[] = []
    for (let n = 0; n < operations; n += 1) {
      const before = proxy.waits
      if (!(await operation(0))) throw new Error(`${workload} failed while its waits were counted.`)
      waits.push(proxy.waits - before)
    }
    const value = median(waits)
    return { text: `ours: waits on Postgres at most ${atMost}`, value, met: value <= atMost }
  } finally {
    await client.close()
    await api.stop()
    proxy.close()
  }
}

async function startThrough(bench: Bench, proxy: CountingProxy): Promise<Server> {
  const given = bench.service.environments['iam-api']
  const database = new URL(given['DATABASE_URL'] ?? '')
  database.port = String(proxy.port)
  const port = await freePort()
  const env = { ...given, DATABASE_URL: database.href, PORT: String(port) }
  const plan = { name: 'iam-api-counted', command: process.execPath, args: [bundleOf('iam-api')], env, port }
  const api = Server.spawn({ ...plan, live: '/health/live' }, bench.directory)
  await api.answers('/health/ready')
  return api
}
