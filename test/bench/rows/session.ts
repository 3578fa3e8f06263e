import { betterAuth, floor, ours } from '../servers/targets.ts'
import { countWaits } from './count-waits.ts'
import { measureLoad } from './measure-load.ts'
import type { Row } from './row.ts'

/** Whether a session stands, as every request of other services asks. */
export const session: Row = {
  name: 'session',
  title: 'session check, 16 at a time',
  metrics: ['totalUs', 'serverUs', 'rate', 'p50Ms', 'p99Ms', 'rssMib'],
  goals: [
    { subject: 'ours', metric: 'totalUs', over: 'floor', atLeast: 0.6 },
    { subject: 'ours', metric: 'totalUs', over: 'better-auth', atLeast: 20 },
    { subject: 'ours', metric: 'p99Ms', of: 'floor', atMost: 2 },
  ],
  measure: async (bench) => {
    const peers = [await betterAuth(bench), await betterAuth(bench, { cookieCache: true })]
    const targets = [await floor(bench), ours(bench, 'iam-api'), ...peers]
    return {
      series: await measureLoad(bench, { workload: 'session', workers: 16 }, targets),
      counted: [await countWaits(bench, 'session', 0)],
    }
  },
}
