import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { keyingAudit } from '@iam/domain/audit'
import { type Database, type Db, requireRestrictedLogin, UnsafeDatabaseError } from '@iam/domain/db'
import { SecretRings } from '@iam/domain/secret-key'
import { configOrExit } from '@iam/platform/config'
import { serveHealth } from '@iam/platform/http'
import { retrying, runUntilSignal, type Closer } from '@iam/platform/lifecycle'
import { openLogger } from '@iam/platform/logging'
import { WorkMetrics } from '@iam/platform/metrics'
import { openPostgres } from '@iam/platform/postgres'
import { openRedis } from '@iam/platform/redis'
import { fieldsOfCurrentSpan, Tracing } from '@iam/platform/telemetry'
import { startAudit } from './audit/start-audit.ts'
import { readConfig } from './config.ts'
import { startInbox } from './inbox/start-inbox.ts'
import { startKeys } from './keys/start-keys.ts'
import { startMail } from './mail/start-mail.ts'
import { startRelay } from './relay/start-relay.ts'
import { startStatus } from './status/start-status.ts'
import { startBuryingSessions } from './upkeep/bury-sessions.ts'
import { startSecrets } from './start-secrets.ts'
import { startTelemetry } from './start-telemetry.ts'
import { type Roles, workerHealth } from './worker-health.ts'

const config = configOrExit(readConfig)
const log = openLogger({
  service: 'iam-worker',
  level: config.logLevel,
  besides: fieldsOfCurrentSpan(config.deployment.project),
})
const warn = (message: string) => (err: unknown) => log.warn({ err }, message)
const owner = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`

const secrets = new SecretRings()
const postgres = openPostgres<Database>({
  ...config.database,
  beforeWriting: keyingAudit(secrets.of('audit')),
  onLost: warn('A database connection was lost'),
})
const redis = openRedis(config.redis.url, config.redis)
const db: Db = { kysely: postgres.kysely, flights: postgres.flights }
const tracing = new Tracing()
const metrics = new WorkMetrics()
const clock = () => new Date()
const context = { config, log, owner, db, redis: redis.client, clock, secrets, tracing, metrics }

const roles: Roles = {
  started: false,
  relay: undefined,
  keys: undefined,
  status: undefined,
  audit: undefined,
  inbox: undefined,
}
const hotDays = config.audit.cold === undefined ? undefined : config.audit.hotDays
const { region } = config.deployment
const told = workerHealth({ db, ping: postgres.ping, roles, region, hotDays, work: metrics })
const health = await serveHealth({ ...config.http, ...told })
log.info({ roles: config.roles }, `Listening on ${config.http.host}:${config.http.port}`)

await retrying(() => requireRestrictedLogin(postgres.kysely), {
  onError: warn('The database cannot be reached yet'),
  isFinal: (error) => error instanceof UnsafeDatabaseError,
})

const closers: Closer[] = [
  { name: 'redis', close: () => redis.close() },
  { name: 'postgres', close: () => postgres.close() },
  { name: 'health', close: () => health.close() },
]
startTelemetry(context, told.metrics, closers)
if (config.roles.includes('upkeep')) {
  const burying = startBuryingSessions(
    { db, redis: redis.client },
    warn('Ended sessions could not be covered in the cache yet'),
  )
  closers.push({ name: 'burying', close: () => burying.stop() })
}
// These read what is sealed, or write audit rows, which are keyed.
if (config.roles.some((role) => ['mail', 'inbox', 'jobs', 'keys', 'status'].includes(role)))
  roles.secrets = await startSecrets(context, secrets, closers)
if (config.roles.includes('jobs')) {
  // What runs jobs is a third of all there is to load: only where it does, and when the process is live.
  const { startJobs } = await import('./jobs/start-jobs.ts')
  await startJobs(context, closers)
}
if (config.roles.includes('relay')) roles.relay = await startRelay(context, closers)
if (config.roles.includes('keys')) roles.keys = await startKeys(context, closers)
if (config.roles.includes('status')) roles.status = await startStatus(context, closers)
if (config.roles.includes('audit')) roles.audit = await startAudit(context, closers)
if (config.roles.includes('mail')) startMail(context, secrets, closers)
if (config.roles.includes('inbox')) roles.inbox = await startInbox(context, secrets, closers)
roles.started = true

await runUntilSignal(closers, log)
