import { betterAuth, floor, ours } from '../servers/targets.ts'
import { measureLoad } from './measure-load.ts'
import type { Row } from './row.ts'

/** Password login with the shipped argon2id: 64 MiB, three passes, four lanes. The floor hashes as many at a time as there are requests. */
export const login: Row = {
  name: 'login',
  title: 'password login, argon2id 64 MiB t3 p4, 8 at a time',
  metrics: ['serverUs', 'totalUs', 'rate', 'p50Ms', 'p99Ms', 'rssMib'],
  goals: [
    { subject: 'ours', metric: 'rate', over: 'floor', atLeast: 1.5 },
    { subject: 'ours', metric: 'rate', over: 'better-auth', atLeast: 1.8 },
  ],
  measure: async (bench) => {
    const targets = [await floor(bench), ours(bench, 'iam-api'), await betterAuth(bench)]
    return { series: await measureLoad(bench, { workload: 'login', workers: 8 }, targets) }
  },
}
