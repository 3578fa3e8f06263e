import { ours } from '../servers/targets.ts'
import { measureLoad } from './measure-load.ts'
import type { Row } from './row.ts'

/** A login by a passkey, from its options to its session, beside one by a password: no hash, and a challenge more. */
export const passkey: Row = {
  name: 'passkey',
  title: 'login by a passkey (ES256) beside one by a password, 8 at a time',
  metrics: ['serverUs', 'totalUs', 'rate', 'p50Ms', 'p99Ms', 'rssMib'],
  goals: [{ subject: 'passkey', metric: 'serverUs', over: 'password', atLeast: 4 }],
  measure: async (bench) => {
    const password = { ...ours(bench, 'iam-api'), name: 'password' }
    const passkey = { ...password, name: 'passkey', profile: 'iam-passkey' } as const
    return { series: await measureLoad(bench, { workload: 'login', workers: 8 }, [password, passkey]) }
  },
}
