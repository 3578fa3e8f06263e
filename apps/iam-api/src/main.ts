import { keyingAudit } from '@iam/domain/audit'
import { type Database, requireRestrictedLogin, UnsafeDatabaseError } from '@iam/domain/db'
import { SecretRings } from '@iam/domain/secret-key'
import { letHashingGiveWay } from '@iam/platform/argon2'
import { configOrExit } from '@iam/platform/config'
import { closingGracefully, serveHealth } from '@iam/platform/http'
import { keyWrapping, openKms } from '@iam/platform/kms'
import { every, retrying, runUntilSignal } from '@iam/platform/lifecycle'
import { openLogger } from '@iam/platform/logging'
import { openPostgres } from '@iam/platform/postgres'
import { onNudge, openRedis } from '@iam/platform/redis'
import { TorExitList } from '@iam/platform/tor-exits'
import { composeDeps, reloadKeys } from './compose.ts'
import { composeKmsSigning } from './compose-kms-signing.ts'
import { readConfig } from './config.ts'
import { buildServer } from './server.ts'

const config = configOrExit(readConfig)
const log = openLogger({ service: 'iam-api', level: config.logLevel })
const warn = (message: string) => (err: unknown) => log.warn({ err }, message)

const secrets = new SecretRings()
const postgres = openPostgres<Database>({
  ...config.database,
  beforeWriting: keyingAudit(secrets.of('audit')),
  answerWithin: 6_000,
  onLost: warn('A database connection was lost'),
})
const redis = openRedis(config.redis.url, config.redis)
const kms = await openKms({ endpoint: config.kms.endpoint })
const deps = composeDeps(config, { postgres, redis, kms, log, secrets })

await letHashingGiveWay()
const torExits = config.torExits === undefined ? undefined : new TorExitList(config.torExits)
const server = await buildServer(deps, { ...config.http, torExits })
const closeServer = closingGracefully(server.server, () => server.close())
await server.listen({ host: config.http.host, port: config.http.port })
log.info(`Listening on ${config.http.host}:${config.http.port}`)
const { metricsPort } = config
const metrics =
  metricsPort === undefined
    ? undefined
    : await serveHealth({
        host: config.http.host,
        port: metricsPort,
        ready: () => deps.readiness.report(),
        metrics: () => deps.metrics.text(),
      })

const kmsSigning = composeKmsSigning(config, { kms, log })
const wrapping = keyWrapping(kms, config.kms.wrapKey)
const secretWrapping = keyWrapping(kms, config.kms.secretWrapKey)
const reload = () => reloadKeys(config, deps, { wrapping, secretWrapping, kmsSigning })
await retrying(() => requireRestrictedLogin(postgres.kysely), {
  onError: warn('The database cannot be reached yet'),
  isFinal: (error) => error instanceof UnsafeDatabaseError,
})
await retrying(reload, { onError: warn('The keys cannot be loaded yet') })
const keys = every(config.keyPollSeconds * 1000, reload, warn('The keys could not be reloaded'))
const nudges = onNudge(redis.client, 'iam:keys', () => keys.nudge())
const feed = every(1000, () => deps.revocations.poll(), warn('The revocation feed cannot be read'))
feed.nudge()
const exits = every(300_000, async () => torExits?.load(), warn('The list of Tor’s exits cannot be read'))
exits.nudge()

await runUntilSignal(
  [
    { name: 'kms', close: () => kms.close() },
    { name: 'redis', close: () => redis.close() },
    { name: 'postgres', close: () => postgres.close() },
    { name: 'feed', close: () => feed.stop() },
    { name: 'keys', close: () => keys.stop() },
    { name: 'exits', close: () => exits.stop() },
    { name: 'nudges', close: () => nudges.close() },
    { name: 'metrics', close: () => metrics?.close() },
    { name: 'server', close: closeServer },
  ],
  log,
  () => deps.readiness.drain(),
)
