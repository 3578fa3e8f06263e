import { ours } from '../servers/targets.ts'
import { measureLoad } from './measure-load.ts'
import type { Row } from './row.ts'

/**
 * Logins by factors beside one by a password alone. A passkey, from its options to its session, costs no hash and a
 * challenge more; an app's code after the password costs a second request.
 */
export const factors: Row = {
  name: 'factors',
  title: 'login by a passkey (ES256), and by password and TOTP, beside one by a password, 8 at a time',
  metrics: ['serverUs', 'totalUs', 'rate', 'p50Ms', 'p99Ms', 'rssMib'],
  goals: [
    { subject: 'passkey', metric: 'serverUs', over: 'password', atLeast: 4 },
    { subject: 'password and totp', metric: 'serverUs', of: 'password', atMost: 1.25 },
  ],
  measure: async (bench) => {
    const password = { ...ours(bench, 'iam-api'), name: 'password' }
    const passkey = { ...password, name: 'passkey', profile: 'iam-passkey' } as const
    const totp = { ...password, name: 'password and totp', profile: 'iam-totp' } as const
    return { series: await measureLoad(bench, { workload: 'login', workers: 8 }, [password, passkey, totp]) }
  },
}
