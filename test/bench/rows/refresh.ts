import { floor, oidcProvider, ours, type Target } from '../servers/targets.ts'
import { countWaits } from './count-waits.ts'
import { measureLoad } from './measure-load.ts'
import type { Row } from './row.ts'

/** Rotating a refresh token: ours and the floor's are durable, the peers' are not. */
export const refresh: Row = {
  name: 'refresh',
  title: 'refresh rotation, 16 at a time',
  metrics: ['totalUs', 'serverUs', 'rate', 'p50Ms', 'p99Ms', 'rssMib'],
  goals: [
    { subject: 'ours', metric: 'totalUs', over: 'floor', atLeast: 0.7 },
    { subject: 'ours', metric: 'rate', over: 'oidc-provider, redis', atLeast: 1 },
    { subject: 'ours', metric: 'p99Ms', of: 'floor', atMost: 1.5 },
  ],
  measure: async (bench) => {
    const peers = [await oidcProvider(bench, 'redis'), await oidcProvider(bench, 'map')]
    const least = await floor(bench)
    const recorded: Target = { ...least, name: 'floor, recorded', profile: 'floor, recorded' }
    const targets = [least, ours(bench, 'iam-api'), recorded, ...peers]
    return {
      series: await measureLoad(bench, { workload: 'refresh', workers: 16 }, targets),
      counted: [await countWaits(bench, 'refresh', 1)],
    }
  },
}
