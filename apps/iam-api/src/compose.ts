import { VerifiedTokens } from '@iam/domain/access-token'
import { Admission } from '@iam/domain/admission'
import { RecheckBudget, type Passwords } from '@iam/domain/credential'
import type { Database, Db } from '@iam/domain/db'
import { settle } from '@iam/domain/kit'
import type { RiskSources } from '@iam/domain/risk'
import { LinkStates } from '@iam/domain/magic-link'
import { loadSecretKeys, type KeyWrapping, type SecretRings } from '@iam/domain/secret-key'
import { RefreshFlights, RevocationFeed, SessionCache } from '@iam/domain/session'
import { loadSigningKeys, SigningKeys, type KmsSigning } from '@iam/domain/signing-key'
import { TenantDirectory } from '@iam/domain/tenant'
import { argon2Hasher } from '@iam/platform/argon2'
import { breachedPasswords } from '@iam/platform/breached-passwords'
import { CommonPasswordList } from '@iam/platform/common-passwords'
import { verifyForeignHash } from '@iam/platform/foreign-hash'
import type { Kms } from '@iam/platform/kms'
import { openLimiter } from '@iam/platform/limits'
import type { Logger } from '@iam/platform/logging'
import { HttpMetrics, kmsFamilies } from '@iam/platform/metrics'
import { laterObjectStore } from '@iam/platform/object-store'
import type { Postgres } from '@iam/platform/postgres'
import { Nudge, versionedCache, type RedisConnection } from '@iam/platform/redis'
import { riskService } from '@iam/platform/risk-service'
import { Tracing } from '@iam/platform/telemetry'
import type { Config } from './config.ts'
import type { Deps } from './deps.ts'
import { logPasswordReport } from './password-reports.ts'
import { heldKeys, Readiness } from './readiness.ts'

export interface Connections {
  readonly postgres: Postgres<Database>
  readonly redis: RedisConnection
  readonly kms: Kms
  readonly log: Logger
  /** What the connection to Postgres keys the audit trail with, too. */
  readonly secrets: SecretRings
}

const rechecksAtATime = 4
const admission = { ahead: 1, waitingPerTenant: 64, waiting: 256, deadline: 5_000 }

/** Puts the process's parts together: adapters into the shapes that the domain asks for. */
export function composeDeps(config: Config, { postgres, redis, kms, log, secrets }: Connections): Deps {
  const nudge = new Nudge(redis.client, 'iam:outbox')
  const db: Db = {
    kysely: postgres.kysely,
    flights: postgres.flights,
    eventsCommitted: () => nudge.send(),
  }
  const clock = () => new Date()
  const monotonic = () => performance.now()
  const signingKeys = new SigningKeys(config.signingAlgs[0])
  const cache = versionedCache(redis.client)
  return {
    issuer: config.deployment.issuer,
    audience: config.audience,
    region: config.deployment.region,
    project: config.deployment.project,
    clock,
    monotonic,
    db,
    secrets,
    signingKeys,
    signingAlgs: config.signingAlgs,
    verifiedTokens: new VerifiedTokens(),
    passwords: composePasswords(config, log),
    sessionCache: new SessionCache(cache, (key) =>
      log.warn({ key }, 'A cached session cannot be read; the database was asked'),
    ),
    linkStates: new LinkStates(cache),
    revocations: new RevocationFeed({ db, monotonic }),
    refreshFlights: new RefreshFlights(),
    tenants: new TenantDirectory({ db, monotonic, region: config.deployment.region }),
    risk: composeRisk(config, { redis, log, monotonic }),
    exports: config.exportStore && laterObjectStore(config.exportStore),
    limiter: openLimiter(redis.client, config.limits),
    readiness: new Readiness({
      probes: {
        postgres: postgres.ping,
        redis: redis.ping,
        kms: () => kmsAnswers(kms, config.kms.wrapKey),
      },
      heldKeys: () => heldKeys({ secrets, signingKeys, clock }),
      monotonic,
    }),
    metrics: composeMetrics(config, kms),
    tracing: new Tracing(),
    log,
  }
}

function composeMetrics({ metricsPort, telemetry }: Config, kms: Kms): HttpMetrics {
  const metrics = new HttpMetrics(metricsPort !== undefined || telemetry.metricsUrl !== undefined)
  for (const family of kmsFamilies(kms)) metrics.also(family)
  return metrics
}

function composePasswords(config: Config, log: Logger): Passwords {
  const url = config.breachedPasswordsUrl
  return {
    hasher: argon2Hasher(config.argon2),
    foreign: { verify: verifyForeignHash },
    admission: new Admission({ ...admission, concurrency: config.hashConcurrency }, () => performance.now()),
    common: new CommonPasswordList(),
    breached: url === undefined ? undefined : breachedPasswords({ url }),
    rechecks: new RecheckBudget(rechecksAtATime),
    serviceWords: [new URL(config.deployment.issuer).hostname],
    report: (report) => logPasswordReport(log, report),
  }
}

function composeRisk(
  { riskServiceUrl: url }: Config,
  { redis, log, monotonic }: Pick<Connections, 'redis' | 'log'> & { readonly monotonic: () => number },
): RiskSources {
  const onSilent = (err: unknown) => log.warn({ err }, 'The risk service gave no score')
  return {
    cache: versionedCache(redis.client),
    service: url === undefined ? undefined : riskService({ url, monotonic, onSilent }),
  }
}

const invalidArgument = 3

/** Asks KMS to open what nobody sealed: that it refuses shows that it answers, and that we may ask. */
async function kmsAnswers(kms: Kms, wrapKey: string): Promise<void> {
  const nothing = Buffer.alloc(1)
  await kms.decrypt(wrapKey, nothing, nothing).catch((error: { code?: unknown }) => {
    if (error.code !== invalidArgument) throw error
  })
}

/**
 * Brings secrets and signing keys in line with the database, and tells of keys that cannot be used.
 * @throws when some could not be read or unwrapped now; the others are in use by then.
 */
export async function reloadKeys(
  config: Config,
  deps: Deps,
  held: {
    readonly wrapping: Pick<KeyWrapping, 'unwrap'>
    readonly secretWrapping: Pick<KeyWrapping, 'unwrap'>
    readonly kmsSigning: KmsSigning
  },
): Promise<void> {
  const { deployment, endorsementAnchors } = config
  const { failure } = await settle([
    loadSecretKeys({ ...deps, wrapping: held.secretWrapping, deployment }).then((leftOut) => {
      for (const secret of leftOut)
        deps.log.error(secret, 'A secret is not used: it was not wrapped for this')
    }),
    loadSigningKeys({ ...deps, ...held, deployment, endorsementAnchors }).then((leftOut) => {
      for (const { kid, reason } of leftOut) deps.log.error({ kid }, `A signing key is not used: ${reason}`)
    }),
  ])
  if (failure !== undefined) throw failure.reason
}
