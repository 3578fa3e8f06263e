import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianProgram } from '@iam/local-stack/debian'
import { freePort } from '@iam/local-stack/ports'
import { fileOf, say, type Bench } from '../bench.ts'
import type { Metric } from '../measure/sample.ts'
import { nginxConfiguration } from '../peers/nginx.ts'
import type { Server } from '../servers/server.ts'
import { oidcProvider, ours, type Target } from '../servers/targets.ts'
import { measureLoad } from './measure-load.ts'
import type { Row } from './row.ts'

const metrics: Metric[] = ['serverUs', 'rate', 'p50Ms', 'p99Ms', 'rssMib']
const path = '/.well-known/jwks.json'

/** The key set, as verifiers fetch it. */
export const jwks: Row = {
  name: 'jwks',
  title: 'key set, 200, 16 at a time',
  metrics,
  goals: [
    { subject: 'ours', metric: 'serverUs', over: 'bare node:http', atLeast: 0.92 },
    { subject: 'ours', metric: 'serverUs', over: 'oidc-provider, map', atLeast: 2.3 },
    { subject: 'ours', metric: 'serverUs', over: 'nginx', atLeast: 0.43 },
    { subject: 'ours', metric: 'p99Ms', of: 'bare node:http', atMost: 1.2 },
  ],
  measure: async (bench) => {
    const targets = [...(await servers(bench)), await oidcProvider(bench, 'map')]
    return { series: await measureLoad(bench, { workload: 'jwks', workers: 16 }, targets) }
  },
}

/** The key set for a caller who has it. oidc-provider gives no entity tag. */
export const jwks304: Row = {
  name: 'jwks304',
  title: 'key set, 304, 16 at a time',
  metrics,
  goals: [
    { subject: 'ours', metric: 'serverUs', over: 'bare node:http', atLeast: 0.92 },
    { subject: 'ours', metric: 'serverUs', over: 'nginx', atLeast: 0.43 },
    { subject: 'ours', metric: 'p99Ms', of: 'bare node:http', atMost: 1.2 },
  ],
  measure: async (bench) => {
    const targets = await servers(bench)
    return { series: await measureLoad(bench, { workload: 'jwks304', workers: 16 }, targets) }
  },
}

/** All serve the very document that iam-jwks serves. */
async function servers(bench: Bench): Promise<Target[]> {
  const mine = ours(bench, 'iam-jwks')
  const document = join(bench.directory, 'jwks.json')
  // Once: nginx makes its entity tag of the file's time, and keeps the old one for a while.
  if (!existsSync(document))
    writeFileSync(document, await (await fetch(`${mine.server.origin}${path}`)).text())
  const env = { BARE_DOCUMENT: document }
  const bare = await bench.server({ name: 'bare node:http', args: [fileOf('floor/bare.mjs')], env })
  const fixed = [{ name: 'bare node:http', profile: 'fixed', server: bare } as const]
  const nginx = await startNginx(bench)
  return [...fixed, mine, ...(nginx ? [{ name: 'nginx', profile: 'fixed', server: nginx } as const] : [])]
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
