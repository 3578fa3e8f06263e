import { interleave, type Contender } from '../measure/interleave.ts'
import { type Series, timesOf } from '../measure/sample.ts'
import { betterAuth, floor, ours } from '../servers/targets.ts'
import { turnsOf, underLoad } from './measure-load.ts'
import type { Row } from './row.ts'

const atATime = 8
const oneHash: Contender = { name: 'bare hash', work: { kind: 'hash', workers: 1 } }
const manyHashes: Contender = { name: `bare hash, ${atATime}`, work: { kind: 'hash', workers: atATime } }

/**
 * Password login with the shipped argon2id: 64 MiB, three passes, four lanes. The floor hashes as many at a time as there
 * are requests. The bare hash is no login: it is what the machine has, which differs by how hashes get in each other's way.
 */
export const login: Row = {
  name: 'login',
  title: `password login, argon2id 64 MiB t3 p4, ${atATime} at a time`,
  metrics: ['serverUs', 'totalUs', 'rate', 'p50Ms', 'p99Ms', 'rssMib'],
  goals: [
    { subject: 'ours', metric: 'rate', over: 'floor', atLeast: 1.5 },
    { subject: 'ours', metric: 'rate', over: 'better-auth', atLeast: 1.8 },
    { subject: 'ours', metric: 'rate', over: oneHash.name, atLeast: 0.95 },
  ],
  measure: async (bench) => {
    const targets = [await floor(bench), ours(bench, 'iam-api'), await betterAuth(bench)]
    const logins = underLoad({ workload: 'login', workers: atATime }, targets)
    const series = await interleave([...logins, oneHash, manyHashes], turnsOf(bench))
    return { series, remarks: [limitOf(series)] }
  },
}

/** How far ahead of the floor one can be here by hashing one at a time, as we do. */
function limitOf(series: readonly Series[]): string {
  const [floor, , , one, many] = series as [Series, Series, Series, Series, Series]
  const overFloor = timesOf(one, floor, 'rate').toFixed(2)
  const overMany = timesOf(one, many, 'rate').toFixed(2)
  return `this machine’s limit: one bare hash at a time has ${overMany} times the rate of ${atATime}, and ${overFloor} times the floor’s`
}
