import { createSecretKey, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyingAudit } from '@iam/domain/audit'
import type { Database } from '@iam/domain/db'
import { createTenant } from '@iam/domain/tenant'
import { openPostgres } from '@iam/platform/postgres'
import { Agent } from '../agent/agent.ts'
import type { Work } from '../agent/protocol.ts'
import type { Bench } from '../bench.ts'
import { interleave, type Contender } from '../measure/interleave.ts'
import { type Series, timesOf } from '../measure/sample.ts'
import type { Verdict } from '../report/goals.ts'
import { betterAuth, floor, ours, type Target } from '../servers/targets.ts'
import { turnsOf } from './measure-load.ts'
import type { Row } from './row.ts'

/** What the other tenants do in a second, while one tenant logs in. */
const modest = { session: 400, refresh: 100, login: 2 }
/** How many times as many logins as the server can take. */
const times = 20
/** Logins under way at most: more than we let wait, so that what we refuse is refused at once. */
const most = 128

/** What a storm of logins at one tenant does to the others. */
export const isolation: Row = {
  name: 'isolation',
  title: `other tenants while one logs in ${times} times as often as can be`,
  metrics: ['p99Ms', 'p50Ms', 'rate'],
  goals: [
    { subject: 'session, storm', metric: 'p99Ms', of: 'session', atMost: 6 },
    { subject: 'session, storm', metric: 'p99Ms', of: 'better-auth: session, storm', atMost: 0.02 },
    { subject: 'refresh, storm', metric: 'p99Ms', of: 'refresh', atMost: 6 },
  ],
  measure: async (bench) => {
    const env = { IAM_STATE: await stateOfAnotherTenant(bench) }
    const us = await besideStorm(bench, ours(bench, 'iam-api'))
    const them = await besideStorm(bench, await betterAuth(bench))
    const series = await interleave(
      [
        ...us({ name: 'session', workload: 'session', env }),
        ...us({ name: 'refresh', workload: 'refresh', env }),
        ...us({ name: 'login', workload: 'login', env }),
        ...them({ name: 'better-auth: session', workload: 'session' }),
        ...besideHashing(await floor(bench)),
      ],
      turnsOf(bench),
    )
    const storms = series.filter(({ beside }) => beside !== undefined)
    const login = series.filter(({ name }) => name === 'login, storm')
    return {
      series,
      counted: [
        none('ours: logins of other tenants refused during the storm', login),
        none(
          'ours: answers to the storm that neither let in nor say when to come back',
          storms.slice(0, 3).flatMap(({ beside }) => beside ?? []),
        ),
      ],
      remarks: [
        ...storms.slice(0, 4).map(({ name, beside }) => `${name}: ${answersOf(beside)}`),
        limitOf(series),
      ],
    }
  },
}

type Light = Pick<Contender, 'name' | 'env'> & { readonly workload: keyof typeof modest }

/** Makes a workload of other tenants two contenders: by itself, and during a storm. */
async function besideStorm(
  bench: Bench,
  { profile, server }: Target,
): Promise<(light: Light) => Contender[]> {
  const load = { kind: 'load', profile, origin: server.origin } as const
  const perSecond = times * (await capacityOf(bench, { ...load, workload: 'login', workers: 4 }))
  const storm = {
    name: 'storm',
    server: server.pid,
    work: { ...load, workload: 'storm', workers: most, perSecond },
  } as const
  return ({ workload, ...light }) => {
    const work = { ...load, workload, workers: 8, perSecond: modest[workload] }
    const alone = { ...light, server: server.pid, work }
    return [alone, { ...alone, name: `${light.name}, storm`, beside: storm }]
  }
}

/**
 * Session checks of the floor, alone and while the same process checks one password after the other without rest: what
 * this machine allows to a process that hashes one at a time.
 */
function besideHashing({ name, profile, server }: Target): Contender[] {
  const load = { kind: 'load', profile, origin: server.origin } as const
  const work = { ...load, workload: 'session', workers: 8, perSecond: modest.session } as const
  const alone = { name: `${name}: session`, server: server.pid, work }
  const hashing = {
    name: 'hashing',
    server: server.pid,
    work: { ...load, workload: 'login', workers: 1 },
  } as const
  return [alone, { ...alone, name: `${name}: session, hashing`, beside: hashing }]
}

function limitOf(series: readonly Series[]): string {
  const [alone, hashing] = series.slice(-2) as [Series, Series]
  const times = timesOf(hashing, alone, 'p99Ms').toFixed(1)
  return `this machine’s limit: beside one bare hash after the other, the floor’s session checks have ${times} times their p99 alone`
}

/** How many logins a second the server can take. */
async function capacityOf(bench: Bench, work: Work): Promise<number> {
  const { env, warmUpMs } = turnsOf(bench)
  const agent = await Agent.start(work, env)
  try {
    await agent.run(warmUpMs)
    const { ops, seconds } = await agent.run(warmUpMs)
    return ops / seconds
  } finally {
    await agent.stop()
  }
}

/** Nobody proves the audit trail of a bench. */
const anyKey = { current: () => ({ version: 1, key: createSecretKey(randomBytes(32)) }) }

/** A tenant beside the one that the stack was set up with. @returns the file that says so. */
async function stateOfAnotherTenant(bench: Bench): Promise<string> {
  const { state } = bench.service.stack
  const { kysely, close } = openPostgres<Database>({
    url: state.database.url,
    poolSize: 1,
    beforeWriting: keyingAudit(anyKey),
  })
  try {
    const region = bench.service.environments['iam-api']['IAM_REGION'] ?? ''
    const policy = { maxSessions: 200 } // people log in often here
    const tenant = { slug: 'other', name: 'Other', region, audience: state.issuer, policy }
    const id = await createTenant({ db: { kysely }, clock: () => new Date() }, tenant)
    const file = join(bench.directory, 'other-tenant.json')
    writeFileSync(file, JSON.stringify({ ...state, tenant: { id, slug: tenant.slug } }))
    return file
  } finally {
    await close()
  }
}

function none(what: string, series: readonly Series[]): Verdict {
  const value = series.reduce((sum, { errors }) => sum + errors, 0)
  return { text: `${what}: none`, value, met: value === 0 }
}

function answersOf(storm: Series | undefined): string {
  const answers = Object.entries(storm?.answers ?? {}).map(([answer, n]) => `${n} ${answer}`)
  return `of the storm’s logins ${answers.join(', ')}`
}
