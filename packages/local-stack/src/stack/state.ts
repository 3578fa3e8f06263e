import type { PostgresServer } from '../postgres/index.ts'
import type { RedisServer } from '../redis/index.ts'
import { issuerUrl, project, storeUrl } from './environment.ts'
import type { Account, SetUp } from './set-up.ts'
import type { StackPorts } from './stack-ports.ts'

/** Where everything is, for programs: the content of .dev/state.json. */
export interface StackState {
  issuer: string
  edge: { url: string }
  api: { url: string }
  jwks: { url: string }
  worker: { url: string }
  mail: { url: string; smtp: { host: string; port: number } }
  tenant: { id: string; slug: string }
  user: Account
  operator: Account
  pubsub: { endpoint: string; project: string }
  kms: { endpoint: string }
  store: { url: string }
  /** As iam_owner, under row-level security like everyone; `superuserUrl` sees everything. */
  database: { url: string; superuserUrl: string }
  redis: { url: string }
  pids: Record<string, number>
}

/** What the state is made from. */
export interface StateSources {
  ports: StackPorts
  postgres: PostgresServer
  redis: RedisServer
  setUp: SetUp
  pids: Record<string, number>
}

/** Puts the state together. Refuses a set-up that is not finished. */
export function stackState({ ports, postgres, redis, setUp, pids }: StateSources): StackState {
  const { tenant, user, operator } = setUp
  if (tenant === undefined || user === undefined || operator === undefined) {
    throw new Error('The set-up has no demo tenant, user or operator: run npm start -- --reset.')
  }
  const issuer = issuerUrl(ports)
  return {
    issuer,
    edge: { url: issuer },
    api: { url: local(ports.api) },
    jwks: { url: local(ports.jwks) },
    worker: { url: local(ports.worker) },
    mail: { url: local(ports.mail), smtp: { host: '127.0.0.1', port: ports.smtp } },
    tenant,
    user,
    operator,
    pubsub: { endpoint: `127.0.0.1:${ports.google}`, project },
    kms: { endpoint: `127.0.0.1:${ports.google}` },
    store: { url: storeUrl(ports) },
    database: { url: postgres.urlFor('iam_owner', 'iam'), superuserUrl: postgres.urlFor('postgres', 'iam') },
    redis: { url: redis.url },
    pids,
  }
}

function local(port: number): string {
  return `http://127.0.0.1:${port}`
}
