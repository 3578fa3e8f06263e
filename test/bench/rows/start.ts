import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@iam/local-stack/ports'
import { fileOf, type Bench } from '../bench.ts'
import { readCpu, cpuBetween, rssMib } from '../measure/cpu.ts'
import type { Sample } from '../measure/sample.ts'
import { Server } from '../servers/server.ts'
import { bundleOf, type ProcessName } from '../servers/start-service.ts'
import type { Row } from './row.ts'

interface Starter {
  readonly name: string
  readonly file: string
  readonly env: Readonly<Record<string, string>>
  /** Answers 200 when it can serve; where there is none, being live is being ready. */
  readonly ready?: string
}

const bare = 'bare node:http'
const fewest = 5
/** After this, what a start leaves running has ended. */
const settle = 1_000

/** From nothing to the first answer, and what is held once everything is open. Bundles, with their compiled code. */
export const start: Row = {
  name: 'start',
  title: 'start: until /health/live, until /health/ready, and memory a second later',
  metrics: ['cpuMs', 'wallMs', 'readyMs', 'rssMib'],
  goals: [
    ...(['wallMs', 'cpuMs'] as const).flatMap((metric) => [
      { subject: 'iam-jwks', metric, of: bare, atMost: 1.6 },
      { subject: 'iam-worker', metric, of: bare, atMost: 2 },
      { subject: 'iam-api', metric, of: bare, atMost: 2.6 },
      { subject: 'iam-api', metric, of: 'oidc-provider', atMost: 0.65 },
    ]),
    { subject: 'iam-jwks', metric: 'rssMib', of: bare, atMost: 1.25 },
    { subject: 'iam-api', metric: 'rssMib', of: bare, atMost: 2.1 },
    { subject: 'iam-worker', metric: 'rssMib', of: bare, atMost: 2.5 },
  ],
  measure: async (bench) => {
    const starters = startersOf(bench)
    const samples = starters.map((): Sample[] => [])
    for (const starter of starters) await measureStart(bench, starter) // what is read from disk is in memory after
    for (let round = 0; round < Math.max(fewest, bench.options.rounds); round += 1) {
      for (const [n, starter] of starters.entries()) samples[n]?.push(await measureStart(bench, starter))
    }
    return { series: starters.map(({ name }, n) => ({ name, samples: samples[n] ?? [], errors: 0 })) }
  },
}

function startersOf({ service }: Bench): Starter[] {
  const ours = (name: ProcessName): Starter => {
    return { name, file: bundleOf(name), env: service.environments[name], ready: '/health/ready' }
  }
  return [
    { name: bare, file: fileOf('floor/bare.mjs'), env: {} },
    ours('iam-jwks'),
    ours('iam-worker'),
    ours('iam-api'),
    { name: 'oidc-provider', file: fileOf('peers/oidc-provider.mjs'), env: {} },
  ]
}

async function measureStart(bench: Bench, starter: Starter): Promise<Sample> {
  const port = await freePort()
  const env = { ...starter.env, PORT: String(port) }
  const plan = { name: `start-${starter.name}`, command: process.execPath, args: [starter.file], env, port }
  const startedAt = performance.now()
  const server = Server.spawn({ ...plan, live: '/health/live' }, bench.directory)
  try {
    await server.answers('/health/live')
    const wallMs = performance.now() - startedAt
    const cpuMs = cpuBetween(new Map(), readCpu([server.pid])) / 1000
    if (starter.ready !== undefined) await server.answers(starter.ready)
    const readyMs = performance.now() - startedAt
    await sleep(settle)
    return { wallMs, cpuMs, readyMs, rssMib: rssMib(server.pid) }
  } finally {
    await server.stop()
  }
}
