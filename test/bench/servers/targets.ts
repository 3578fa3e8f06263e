import { fileOf, type Bench } from '../bench.ts'
import { prepareFloor } from '../floor/schema.ts'
import type { ProfileName } from '../profiles/index.ts'
import type { ProcessName } from './start-service.ts'

/** A server under load: where it is, and in which words it is asked. */
export interface Target {
  readonly name: string
  readonly profile: ProfileName
  readonly server: { readonly origin: string; readonly pid: number }
}

/** A process of ours, reached without the edge, which only stands in for a load balancer. */
export function ours(bench: Bench, name: ProcessName): Target {
  const { stack } = bench.service
  const { api, jwks, worker } = stack.state
  const origin = { 'iam-api': api.url, 'iam-jwks': jwks.url, 'iam-worker': worker.url }[name]
  return { name: 'ours', profile: 'iam', server: { origin, pid: stack.program(name).pid ?? 0 } }
}

/** The floor, with its own database. */
export async function floor(bench: Bench): Promise<Target> {
  const database = await bench.database('floor', prepareFloor)
  const env = { FLOOR_DATABASE_URL: database, FLOOR_REDIS_URL: bench.service.stack.redis.url }
  const server = await bench.server({ name: 'floor', args: [fileOf('floor/main.ts')], env })
  return { name: 'floor', profile: 'floor', server }
}

/** oidc-provider, which keeps its tokens in Redis or in its own memory. */
export async function oidcProvider(bench: Bench, store: 'redis' | 'map'): Promise<Target> {
  const name = `oidc-provider, ${store}`
  const env = store === 'redis' ? { PEER_REDIS_URL: bench.service.stack.redis.url } : {}
  const server = await bench.server({ name, args: [fileOf('peers/oidc-provider.mjs')], env })
  return { name, profile: 'oidc-provider', server }
}

/** better-auth on Postgres; it may believe a session from its signed cookie for some minutes. */
export async function betterAuth(bench: Bench, options: { cookieCache?: boolean } = {}): Promise<Target> {
  const cached = options.cookieCache === true
  const name = cached ? 'better-auth, cookie cache' : 'better-auth'
  const env = {
    PEER_DATABASE_URL: await bench.database('better_auth'),
    PEER_COOKIE_CACHE: cached ? '1' : '0',
  }
  const server = await bench.server({ name, args: [fileOf('peers/better-auth.ts')], env })
  return { name, profile: 'better-auth', server }
}
