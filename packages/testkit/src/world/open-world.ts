import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { VerifiedTokens } from '@iam/domain/access-token'
import { Admission } from '@iam/domain/admission'
import { keyingAudit } from '@iam/domain/audit'
import { RecheckBudget, type PasswordReport, type Passwords } from '@iam/domain/credential'
import type { Database, Db } from '@iam/domain/db'
import { signingAlgs, type SigningAlg } from '@iam/domain/key-set'
import type { Id, RequestOrigin } from '@iam/domain/kit'
import type { RiskSources } from '@iam/domain/risk'
import { LinkStates } from '@iam/domain/magic-link'
import { loadSecretKeys, SecretRings } from '@iam/domain/secret-key'
import { RefreshFlights, RevocationFeed, SessionCache, type IssuedSession } from '@iam/domain/session'
import { loadSigningKeys, SigningKeys } from '@iam/domain/signing-key'
import { TenantDirectory } from '@iam/domain/tenant'
import type { LoginName } from '@iam/local-stack/postgres'
import { CommonPasswordList } from '@iam/platform/common-passwords'
import { openLimiter } from '@iam/platform/limits'
import { openPostgres, type Postgres, type PostgresOptions, type Sent } from '@iam/platform/postgres'
import { openRedis, versionedCache, type RedisConnection } from '@iam/platform/redis'
import { testAnchors, testWrapping } from '../kms/index.ts'
import { testDatabase, type Services, type TestDatabase } from '../servers/index.ts'
import { demo, testDeployment } from './bootstrap-for-tests.ts'
import { countedHashers } from './counted-hashers.ts'
import { expectValidEvents } from './expect-valid-events.ts'
import { TestClock } from './test-clock.ts'

export interface WorldOptions {
  /** Where Redis is, when not the shared one: a proxy that breaks, for example. */
  readonly redisUrl?: string
  /** Milliseconds that a command may take there, which is then waited for; as in production by default. */
  readonly redisTimeout?: number
  /** The port of a pooler in front of Postgres that hands out connections by transaction. */
  readonly poolerPort?: number
  /** A database to share with another world, as two instances of one deployment do. */
  readonly database?: TestDatabase
  readonly clock?: TestClock
  /** How many times its points every limit on requests has; nothing is counted by default. */
  readonly limits?: number
  /** The algorithm of tokens that are pinned to none. */
  readonly usualAlg?: SigningAlg
}

/** Everything a verb may ask for, on a database of the test's own; see `openWorld`. */
export type World = Awaited<ReturnType<typeof openWorld>>

const quickAdmission = { concurrency: 2, waiting: 1000, waitingPerTenant: 1000, deadline: 30_000 }

/**
 * An instance's dependencies on real Postgres and Redis: a fresh copy of the template database, keys loaded, a
 * clock the test moves. Close it with `close`, or an `afterAll` of the test fails on open connections.
 */
export async function openWorld(services: Services, options: WorldOptions = {}) {
  const database = options.database ?? (await testDatabase(services))
  const clock = options.clock ?? new TestClock(database.urlFor('iam_owner'))
  const waits: { count: number; sent: Sent[] } = { count: 0, sent: [] }
  const secrets = new SecretRings()
  const beforeWriting = keyingAudit(secrets.of('audit'))
  const onWait = (sent: readonly Sent[]) => {
    waits.count += 1
    waits.sent.push(...sent)
  }
  const postgres = login(database, 'iam_api', { poolerPort: options.poolerPort, onWait, beforeWriting })
  const sentByWorker: Sent[] = []
  const worker = login(database, 'iam_worker', {
    onWait: (sent) => void sentByWorker.push(...sent),
    beforeWriting,
  })
  const admin = login(database, 'postgres')
  const keyPrefix = `${database.name}:`
  const redis = await redisOf(services, options, keyPrefix)
  const commits = { count: 0 }
  const db = { ...dbOf(postgres), eventsCommitted: () => void (commits.count += 1) }
  const { limits, usualAlg } = options
  const instance = instanceOn(db, { clock, redis, limits, secrets, usualAlg })
  await loadKeys({ ...instance, db, clock: clock.now })
  await instance.revocations.poll()
  return {
    ...instance,
    database,
    testClock: clock,
    clock: clock.now,
    monotonic: clock.monotonic,
    db,
    workerDb: dbOf(worker),
    /** Everything that was sent as the worker. */
    sentByWorker,
    /** The administrator sees every row: for looking, never for the code under test. */
    admin: admin.kysely,
    redis,
    /** Empties this database's part of the cache. */
    forget: async () => {
      const keys = await redis.client.keys(`${keyPrefix}*`)
      if (keys.length > 0) await redis.client.del(keys.map((key) => key.slice(keyPrefix.length)))
    },
    /** How often something waited on Postgres as the api, and everything that was sent. */
    waits,
    /** How often the relay was nudged. */
    commits,
    acme: await tenantId(instance.tenants, 'acme'),
    globex: await tenantId(instance.tenants, 'globex'),
    demo,
    origin: testOrigin,
    /** Closes everything. @throws when the test wrote an event that is not as its schema says. */
    close: async () => {
      redis.close()
      try {
        await expectValidEvents(admin.kysely)
      } finally {
        await Promise.all([postgres.close(), worker.close(), admin.close()])
      }
    },
  }
}

const testOrigin: RequestOrigin = {
  requestId: 'req_01TEST',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
  network: '192.0.2.0/24',
  agent: 'vitest',
}

/** Redis of the product's patience where a test breaks it, and otherwise one that is there and waited for. */
async function redisOf(
  services: Services,
  { redisUrl, redisTimeout }: WorldOptions,
  keyPrefix: string,
): Promise<RedisConnection> {
  if (redisUrl !== undefined && redisTimeout === undefined) {
    const redis = openRedis(redisUrl, { keyPrefix })
    await redis.ping().catch(() => undefined)
    return redis
  }
  const redis = openRedis(redisUrl ?? services.redisUrl, {
    keyPrefix,
    commandTimeout: redisTimeout ?? 30_000,
  })
  while (redis.client.status !== 'ready') await sleep(10) // it goes on trying by itself
  return redis
}

function login(
  database: TestDatabase,
  role: LoginName,
  {
    poolerPort,
    ...hooks
  }: Pick<PostgresOptions, 'onWait' | 'beforeWriting'> & { readonly poolerPort?: number | undefined } = {},
): Postgres<Database> {
  const url = new URL(database.urlFor(role))
  if (poolerPort !== undefined) url.port = String(poolerPort)
  // A busy machine is no fault of the code: what waits for a lock waits longer than in production.
  else url.searchParams.set('options', '-c lock_timeout=30s -c statement_timeout=30s')
  const pooler = poolerPort === undefined ? 'none' : 'transaction'
  return openPostgres<Database>({ url: url.href, poolSize: 20, pooler, connectWithin: 30_000, ...hooks })
}

function dbOf(postgres: Postgres<Database>): Db {
  return { kysely: postgres.kysely, flights: postgres.flights }
}

function instanceOn(
  db: Db,
  {
    clock,
    redis,
    limits,
    secrets,
    usualAlg,
  }: {
    clock: TestClock
    redis: RedisConnection
    limits: number | undefined
    secrets: SecretRings
    usualAlg: SigningAlg | undefined
  },
) {
  const { monotonic } = clock
  const cache = versionedCache(redis.client)
  const hashers = countedHashers()
  const passwordReports: PasswordReport[] = []
  const reports = new EventEmitter()
  const passwords: Passwords = {
    ...hashers,
    admission: new Admission(quickAdmission),
    common: new CommonPasswordList(),
    breached: undefined, // tests ask nobody outside; those about breaches bring a stand-in
    rechecks: new RecheckBudget(4),
    serviceWords: ['id.example.test'],
    report: (report) => {
      passwordReports.push(report)
      reports.emit('report')
    },
  }
  return {
    issuer: testDeployment.issuer,
    audience: testDeployment.issuer,
    region: testDeployment.region,
    secrets,
    signingKeys: new SigningKeys(usualAlg),
    signingAlgs,
    verifiedTokens: new VerifiedTokens(),
    hasher: hashers.hasher,
    passwords,
    /** What was reported about passwords, the first first. */
    passwordReports,
    /** Waits until something has been reported; what was reported before counts too. */
    passwordReport: async (what: PasswordReport['what']) => {
      while (!passwordReports.some((report) => report.what === what)) await once(reports, 'report')
    },
    sessionCache: new SessionCache(cache),
    linkStates: new LinkStates(cache),
    revocations: new RevocationFeed({ db, monotonic }),
    refreshFlights: new RefreshFlights<IssuedSession>(),
    tenants: new TenantDirectory({ db, monotonic, region: testDeployment.region }),
    limiter: openLimiter(redis.client, limits ?? 'off'),
    risk: { cache: versionedCache(redis.client), service: undefined } as RiskSources,
  }
}

async function loadKeys(deps: {
  db: Db
  clock: () => Date
  secrets: SecretRings
  signingKeys: SigningKeys
}): Promise<void> {
  const common = { ...deps, wrapping: testWrapping, deployment: testDeployment }
  await loadSecretKeys(common)
  const leftOut = await loadSigningKeys({ ...common, endorsementAnchors: [testAnchors.endorser.kid] })
  if (leftOut.length > 0) throw new Error(`The test keys do not load: ${JSON.stringify(leftOut)}`)
}

async function tenantId(tenants: TenantDirectory, slug: string): Promise<Id<'ten'>> {
  return (await tenants.require(slug)).tenantId
}
