import { setImmediate as nextTurn } from 'node:timers/promises'
import { keyingAudit } from '@iam/domain/audit'
import { type Database, requireRestrictedLogin, UnsafeDatabaseError } from '@iam/domain/db'
import { SecretRings } from '@iam/domain/secret-key'
import { letHashingGiveWay } from '@iam/platform/argon2'
import { type EarlyServer, serveHealth } from '@iam/platform/http'
import { keyWrapping, openKms } from '@iam/platform/kms'
import { type Closer, every, retrying, runUntilSignal } from '@iam/platform/lifecycle'
import { type Logger, openLogger } from '@iam/platform/logging'
import { openPostgres } from '@iam/platform/postgres'
import { onNudge, openRedis } from '@iam/platform/redis'
import { fieldsOfCurrentSpan } from '@iam/platform/telemetry'
import { TorExitList } from '@iam/platform/tor-exits'
import { composeDeps, type Connections, reloadKeys } from './compose.ts'
import { composeKmsSigning } from './compose-kms-signing.ts'
import type { Config } from './config.ts'
import type { Deps } from './deps.ts'
import { startTelemetry } from './start-telemetry.ts'

/** Everything behind the socket: opens it all, serves, and closes it all in reverse at a signal. */
export async function run(config: Config, early: EarlyServer): Promise<never> {
  const log = openLogger({
    service: 'iam-api',
    level: config.logLevel,
    besides: fieldsOfCurrentSpan(config.deployment.project),
  })
  const connections = await connect(config, log)
  const { postgres, redis, kms } = connections
  const deps = composeDeps(config, connections)
  await letHashingGiveWay()
  const torExits = config.torExits === undefined ? undefined : new TorExitList(config.torExits)
  const closeServer = await serve(config, deps, { early, torExits })
  const metrics = await serveMetrics(config, deps)
  const telemetry = startTelemetry(config, deps)
  const following = await followKeys(config, deps, connections)
  const exits = every(
    300_000,
    async () => torExits?.load(),
    warning(log, 'The list of Tor’s exits cannot be read'),
  )
  exits.nudge()
  return runUntilSignal(
    [
      { name: 'kms', close: () => kms.close() },
      { name: 'redis', close: () => redis.close() },
      { name: 'postgres', close: () => postgres.close() },
      ...following,
      { name: 'exits', close: () => exits.stop() },
      { name: 'metrics', close: () => metrics?.close() },
      ...telemetry,
      { name: 'server', close: closeServer },
    ],
    log,
    () => deps.readiness.drain(),
  )
}

async function connect(config: Config, log: Logger): Promise<Connections> {
  const secrets = new SecretRings()
  const postgres = openPostgres<Database>({
    ...config.database,
    beforeWriting: keyingAudit(secrets.of('audit')),
    answerWithin: 6_000,
    onLost: warning(log, 'A database connection was lost'),
  })
  const redis = openRedis(config.redis.url, config.redis)
  const kms = await openKms({ endpoint: config.kms.endpoint })
  return { postgres, redis, kms, log, secrets }
}

/** Serves what came early and what comes. @returns what closes it. */
async function serve(
  { http }: Config,
  deps: Deps,
  { early, torExits }: { early: EarlyServer; torExits: TorExitList | undefined },
): Promise<() => Promise<void>> {
  // The routes are half of what there is to load; who asks meanwhile is not kept waiting for all of it.
  await nextTurn()
  const { buildServer } = await import('./server.ts')
  await nextTurn()
  const app = await buildServer(deps, { ...http, torExits, server: early.server })
  await app.ready()
  early.serve((request, response) => app.routing(request, response))
  deps.log.info(`Listening on ${http.host}:${http.port}`)
  return () => early.close(() => app.close())
}

async function serveMetrics({ http, metricsPort }: Config, deps: Deps) {
  if (metricsPort === undefined) return undefined
  return serveHealth({
    host: http.host,
    port: metricsPort,
    ready: () => deps.readiness.report(),
    metrics: () => deps.metrics.text(),
  })
}

/** Resolves when all keys were loaded once; they and what was revoked are followed from then on. */
async function followKeys(config: Config, deps: Deps, connections: Connections): Promise<Closer[]> {
  const { postgres, redis, kms, log } = connections
  const held = {
    kmsSigning: composeKmsSigning(config, { kms, log }),
    wrapping: keyWrapping(kms, config.kms.wrapKey),
    secretWrapping: keyWrapping(kms, config.kms.secretWrapKey),
  }
  const reload = () => reloadKeys(config, deps, held)
  await retrying(() => requireRestrictedLogin(postgres.kysely), {
    onError: warning(log, 'The database cannot be reached yet'),
    isFinal: (error) => error instanceof UnsafeDatabaseError,
  })
  await retrying(reload, { onError: warning(log, 'The keys cannot be loaded yet') })
  const keys = every(config.keyPollSeconds * 1000, reload, warning(log, 'The keys could not be reloaded'))
  const nudges = onNudge(redis.client, 'iam:keys', () => keys.nudge())
  const feed = every(1000, () => deps.revocations.poll(), warning(log, 'The revocation feed cannot be read'))
  feed.nudge()
  return [
    { name: 'feed', close: () => feed.stop() },
    { name: 'keys', close: () => keys.stop() },
    { name: 'nudges', close: () => nudges.close() },
  ]
}

function warning(log: Logger, message: string): (err: unknown) => void {
  return (err) => log.warn({ err }, message)
}
