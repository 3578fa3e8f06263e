import type { Opened, Work } from '../agent/protocol.ts'
import { profileOf } from '../profiles/index.ts'
import { closedLoop } from './closed-loop.ts'
import { HttpClient } from './http-client.ts'
import { workloads } from './workloads.ts'

/** Load on a server of another process, in a profile's words. */
export async function openLoad(work: Extract<Work, { kind: 'load' }>): Promise<Opened> {
  const { workers, origin, perSecond } = work
  const client = new HttpClient(origin, workers)
  const operation = await workloads[work.workload](client.send, await profileOf(work.profile), workers)
  return {
    run: (ms) => closedLoop(operation, { workers, ms, ...(perSecond === undefined ? {} : { perSecond }) }),
    close: () => client.close(),
  }
}
