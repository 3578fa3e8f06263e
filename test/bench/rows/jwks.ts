import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianProgram } from '@iam/local-stack/debian'
import { freePort } from '@iam/local-stack/ports'
import { fileOf, say, type Bench } from '../bench.ts'
import type { Work } from '../agent/protocol.ts'
import { interleave, type Contender } from '../measure/interleave.ts'
import type { Metric } from '../measure/sample.ts'
import { nginxConfiguration } from '../peers/nginx.ts'
import type { Server } from '../servers/server.ts'
import { bundleOf } from '../servers/start-service.ts'
import { oidcProvider, type Target } from '../servers/targets.ts'
import { measureLoad, turnsOf } from './measure-load.ts'
import type { Row } from './row.ts'

const metrics: Metric[] = ['serverUs', 'rate', 'p50Ms', 'p99Ms', 'rssMib']
const bare = 'bare node:http'

/** The documents of iam-jwks that are measured, and the files that others serve them from. */
const documents = {
  jwks: { path: '/.well-known/jwks.json', file: 'jwks.json' },
  discovery: { path: '/.well-known/openid-configuration', file: 'openid-configuration.json' },
}

/** What iam-jwks holds once it has been under load. */
const memory = [
  { subject: 'ours', metric: 'rssMib', atMost: 100 },
  { subject: 'ours', metric: 'rssMib', of: bare, atMost: 1.1 },
] as const

/** The key set, as verifiers fetch it. */
export const jwks: Row = {
  name: 'jwks',
  title: 'key set, 200, 16 at a time',
  metrics,
  goals: [
    { subject: 'ours', metric: 'serverUs', over: bare, atLeast: 0.92 },
    { subject: 'ours', metric: 'serverUs', over: 'oidc-provider, map', atLeast: 2.3 },
    { subject: 'ours', metric: 'serverUs', over: 'nginx', atLeast: 0.43 },
    { subject: 'ours', metric: 'p99Ms', of: bare, atMost: 1.2 },
    ...memory,
  ],
  measure: async (bench) => {
    const targets = [...(await servers(bench, 'jwks')), await oidcProvider(bench, 'map')]
    return { series: await measureLoad(bench, { workload: 'jwks', workers: 16 }, targets) }
  },
}

/** The key set for a caller who has it. oidc-provider gives no entity tag. */
export const jwks304: Row = {
  name: 'jwks304',
  title: 'key set, 304, 16 at a time',
  metrics,
  goals: [
    { subject: 'ours', metric: 'serverUs', over: bare, atLeast: 0.92 },
    { subject: 'ours', metric: 'serverUs', over: 'nginx', atLeast: 0.43 },
    { subject: 'ours', metric: 'p99Ms', of: bare, atMost: 1.2 },
  ],
  measure: async (bench) => {
    const targets = await servers(bench, 'jwks')
    return { series: await measureLoad(bench, { workload: 'jwks304', workers: 16 }, targets) }
  },
}

/** Discovery, as clients fetch it. */
export const discovery: Row = {
  name: 'discovery',
  title: 'discovery, 200, 16 at a time',
  metrics,
  goals: [
    { subject: 'ours', metric: 'serverUs', over: bare, atLeast: 0.85 },
    { subject: 'ours', metric: 'serverUs', over: 'oidc-provider, map', atLeast: 2.8 },
  ],
  measure: async (bench) => {
    const targets = [...(await servers(bench, 'discovery')), await oidcProvider(bench, 'map')]
    return { series: await measureLoad(bench, { workload: 'discovery', workers: 16 }, targets) }
  },
}

/** What strangers make iam-jwks hold, who send what is not asked for and do not end. */
export const hostile: Row = {
  name: 'hostile',
  title: 'strangers: 200 at a time with bad requests, and 500 who never end theirs',
  metrics: ['peakMib', 'rssMib', 'serverUs', 'rate', 'p99Ms'],
  goals: [
    { subject: 'ours', metric: 'peakMib', atMost: 100 },
    { subject: 'ours', metric: 'rssMib', of: bare, atMost: 1.1 },
  ],
  measure: async (bench) => {
    const contenders = (await servers(bench, 'jwks'))
      .filter(({ name }) => name !== 'nginx')
      .map(({ name, profile, server }): Contender => {
        const { pid, origin } = server
        const endless: Work = { kind: 'endless', origin, connections: 500 }
        const work: Work = { kind: 'load', workload: 'hostile', profile, origin, workers: 200 }
        return { name, server: pid, work, beside: { name: 'endless', server: pid, work: endless } }
      })
    return { series: await interleave(contenders, turnsOf(bench)) }
  },
}

/** All serve the very document that iam-jwks serves, and all are started by the bench, so that the system treats them alike. */
async function servers(bench: Bench, name: keyof typeof documents): Promise<Target[]> {
  const { path, file } = documents[name]
  const jwks = await bench.server({
    name: 'iam-jwks',
    args: [bundleOf('iam-jwks')],
    env: bench.service.environments['iam-jwks'],
  })
  await jwks.answers('/health/ready')
  const document = join(bench.directory, file)
  // Once: nginx makes its entity tag of the file's time, and keeps the old one for a while.
  if (!existsSync(document)) writeFileSync(document, await (await fetch(`${jwks.origin}${path}`)).text())
  const env = { BARE_DOCUMENT: document }
  const plan = { name: `${bare}, ${name}`, args: [fileOf('floor/bare.mjs')], env }
  const nginx = await startNginx(bench)
  return [
    { name: bare, profile: 'fixed', server: await bench.server(plan) },
    { name: 'ours', profile: 'iam', server: jwks },
    ...(nginx === undefined ? [] : [{ name: 'nginx', profile: 'fixed', server: nginx } as const]),
  ]
}

/** Debian's nginx; undefined, and said so, on a machine where it cannot be had. */
async function startNginx(bench: Bench): Promise<Server | undefined> {
  try {
    const { path: command, env } = await debianProgram('nginx')
    const port = await freePort()
    const configuration = join(bench.directory, 'nginx.conf')
    writeFileSync(configuration, nginxConfiguration({ directory: bench.directory, port }))
    return await bench.server({ name: 'nginx', command, args: ['-c', configuration], env, port })
  } catch (error) {
    say(`nginx is left out: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}
