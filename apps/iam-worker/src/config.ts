import { readSecretRotation } from '@iam/domain/secret-key'
import { signingKeyPolicy } from '@iam/domain/signing-key'
import { readEnvironment } from '@iam/platform/config'
import {
  coldStore,
  cryptoKey,
  databaseOf,
  databaseVariables,
  deploymentOf,
  deploymentVariables,
  devOnly,
  exportStoreOf,
  faultless,
  httpVariables,
  keyVersion,
  logLevel,
  objectStore,
  missingSignKey,
  seconds,
  signingAlgs,
  secretVariables,
  signingKeysOf,
  signKeyPrefixOf,
  signingKeyVariables,
  auditKeyBeside,
  regionSources,
  sparePublishKey,
  secretWrapKeyBeside,
  statusWrapKeyBeside,
  telemetryOf,
  telemetryVariables,
  thumbprints,
} from '@iam/platform/variables'
import type { SecretsSource } from '@iam/platform/secrets'
import * as z from 'zod'
import type { Regions } from './keys/read-regions.ts'

const roles = ['relay', 'inbox', 'keys', 'status', 'mail', 'jobs', 'upkeep', 'audit'] as const

/** Where other regions publish, and what that is held against. */
const regionVariables = {
  IAM_KEY_SET_REGIONS: regionSources.optional(),
  IAM_JWKS_ANCHORS: thumbprints.optional(),
  IAM_ENDORSEMENT_ANCHORS: thumbprints.optional(),
}

/** Where addresses are looked for in breaches, and where the key for that is. */
const breachAuditVariables = {
  IAM_HIBP_API_URL: z
    .union([z.literal('off'), z.url({ protocol: /^https?$/ })], 'must be a URL, or off')
    .default('https://haveibeenpwned.com/api/v3'),
  IAM_HIBP_SEARCH: z.enum(['range', 'address']).default('range'),
  IAM_HIBP_REQUESTS_PER_MINUTE: z.coerce.number().int().min(1).max(100_000).default(10),
  IAM_BREACH_AUDIT_SECONDS: seconds.default(30 * 86_400),
  IAM_SECRETS: z.enum(['secret-manager', 'environment']).default('secret-manager'),
  IAM_SECRETS_ENDPOINT: z.string().optional(),
  IAM_SECRET_HIBP_API_KEY: z.string().optional(),
}

const auditVariables = {
  IAM_AUDIT_COLD_STORE: coldStore.default('off'),
  IAM_AUDIT_COLD_STORE_ENDPOINT: z.url().optional(),
  IAM_AUDIT_HOT_DAYS: z.coerce.number().int().min(30).max(3650).default(90),
  IAM_AUDIT_ANCHORS: thumbprints.optional(),
}

const environment = z
  .object({
    ...deploymentVariables,
    ...httpVariables,
    ...databaseVariables,
    IAM_WORKER_ROLES: z
      .string()
      .default(roles.join(','))
      .transform((text) => text.split(','))
      .pipe(z.array(z.enum(roles))),
    IAM_EVENT_NAMESPACE: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/)
      .default('melmastoon'),
    IAM_AUDIENCE: z.url().optional(),
    IAM_PUBSUB_ENDPOINT: z.string().optional(),
    IAM_RELAY_LEASE_SECONDS: seconds.default(10),
    /** A connection that no pooler is in front of, for the jobs; only where DATABASE_URL is not one. */
    DATABASE_DIRECT_URL: databaseVariables.DATABASE_URL.optional(),
    IAM_JOB_LEASE_SECONDS: seconds.default(30),
    IAM_OUTBOX_KEEP_SECONDS: seconds.default(86_400),
    IAM_KMS_ENDPOINT: z.string().optional(),
    IAM_KMS_WRAP_KEY: cryptoKey,
    IAM_KMS_SECRET_WRAP_KEY: cryptoKey.optional(),
    IAM_KMS_STATUS_WRAP_KEY: cryptoKey.optional(),
    IAM_KMS_ENDORSE_KEY: keyVersion,
    IAM_KMS_PUBLISH_KEY: keyVersion,
    IAM_KMS_SPARE_PUBLISH_KEY: keyVersion.optional(),
    IAM_KMS_AUDIT_KEY: keyVersion.optional(),
    IAM_OBJECT_STORE: objectStore,
    IAM_OBJECT_STORE_ENDPOINT: z.url().optional(),
    /** A private place: the other one is read by everybody. */
    IAM_EXPORT_STORE: objectStore.optional(),
    IAM_JWKS_URL: z.url().optional(),
    IAM_KEYS_POLL_SECONDS: seconds.default(5),
    IAM_STATUS_LIST_SECONDS: seconds.max(5).default(5),
    ...signingKeyVariables,
    IAM_SIGNING_ALGS: signingAlgs,
    ...secretVariables,
    IAM_KEY_SET_LIFETIME_SECONDS: seconds.default(72 * 3600),
    IAM_KEY_SET_RESIGN_SECONDS: seconds.default(3600),
    ...regionVariables,
    IAM_CDN: z
      .string()
      .regex(/^(off|cloud-cdn:\/\/[^/]+\/[^/]+)$/, 'must be cloud-cdn://<project>/<url map>, or off')
      .default('off'),
    IAM_CDN_ENDPOINT: z.url().optional(),
    IAM_CDN_PURGE_AFTER_SECONDS: seconds.default(15),
    IAM_KEY_SET_HISTORY_SECONDS: seconds.default(400 * 86_400),
    ...auditVariables,
    IAM_TOR_EXITS_URL: z
      .union([z.literal('off'), z.url({ protocol: /^https?$/ })], 'must be a URL, or off')
      .default('off'),
    ...breachAuditVariables,
    IAM_SMTP_URL: z.url({ protocol: /^smtps?$/ }),
    IAM_MAIL_FROM: z.email(),
    ...telemetryVariables,
    IAM_LOG_LEVEL: logLevel.default('info'),
  })
  .superRefine(devOnly)
  .superRefine(faultless('IAM_KMS_SIGN_KEY', missingSignKey))
  .superRefine(faultless('IAM_SECRETS', secretsInVariables))
  .superRefine(faultless('DATABASE_DIRECT_URL', noWayToListen))
  .superRefine(faultless('IAM_EXPORT_STORE', isPublished))
  .superRefine(regionFaults)
  .superRefine(faultless('IAM_SIGNING_KEY_SIGN_SECONDS', tooShortToSign))
  .superRefine(faultless('IAM_SECRET_ROTATION', (env) => secretRotationOf(env).fault))

type Read<T extends Record<string, z.ZodType>> = Readonly<z.output<z.ZodObject<T>>>

function tooShortToSign(env: Read<typeof signingKeyVariables>): string | undefined {
  const { signFor, activationLead } = signingKeyPolicy(signingKeysOf(env))
  const least = 4 * activationLead
  if (signFor >= least) return undefined
  return `must be at least ${least}, four times what a key waits as the standby before it may sign`
}

function secretRotationOf(env: Read<typeof secretVariables & typeof signingKeyVariables>) {
  return readSecretRotation(env.IAM_SECRET_ROTATION, env.IAM_SIGNING_KEY_ANNOUNCE_SECONDS)
}

function secretsInVariables(env: { readonly IAM_ENV: string; readonly IAM_SECRETS: string }) {
  const isFault = env.IAM_SECRETS === 'environment' && env.IAM_ENV !== 'dev'
  return isFault ? 'may be environment only where IAM_ENV is dev' : undefined
}

function isPublished(env: {
  readonly IAM_EXPORT_STORE?: string | undefined
  readonly IAM_OBJECT_STORE: string
}): string | undefined {
  if (env.IAM_EXPORT_STORE !== env.IAM_OBJECT_STORE) return undefined
  return 'must be another place than IAM_OBJECT_STORE: everybody reads that one'
}

interface Reached {
  readonly DATABASE_POOLER: string
  readonly DATABASE_DIRECT_URL?: string | undefined
  readonly IAM_WORKER_ROLES: readonly string[]
}

function noWayToListen(env: Reached): string | undefined {
  const isNeeded = env.DATABASE_POOLER === 'transaction' && env.IAM_WORKER_ROLES.includes('jobs')
  if (!isNeeded || env.DATABASE_DIRECT_URL !== undefined) return undefined
  return 'must be given where DATABASE_POOLER is transaction: nobody can listen for jobs behind that'
}

const regional = z.object({ ...deploymentVariables, ...regionVariables })
type Regional = z.output<typeof regional>

/** Other regions' key sets need pins to be held against, and no region is another one of itself. */
function regionFaults(env: Regional, context: z.RefinementCtx): void {
  const { IAM_KEY_SET_REGIONS: regions, IAM_REGION } = env
  if (!(regions instanceof Map)) return // none, or they were refused as they stand
  const fault = (variable: string, message: string) =>
    context.addIssue({ code: 'custom', path: [variable], message })
  if (regions.has(IAM_REGION)) fault('IAM_KEY_SET_REGIONS', 'must name other regions than IAM_REGION')
  for (const variable of ['IAM_JWKS_ANCHORS', 'IAM_ENDORSEMENT_ANCHORS'] as const)
    if (env[variable] === undefined) fault(variable, 'is required with IAM_KEY_SET_REGIONS')
}

function regionsOf(read: Regional): Regions | undefined {
  const {
    IAM_KEY_SET_REGIONS: sources,
    IAM_JWKS_ANCHORS: anchors,
    IAM_ENDORSEMENT_ANCHORS: endorsement,
  } = read
  if (sources === undefined) return undefined
  const { IAM_ENV: env, IAM_ISSUER: issuer } = read
  const pins = { env, issuer, anchors: anchors ?? [], endorsementAnchors: endorsement ?? [] }
  return { sources, pins: { ...pins, names: [...sources.keys()] } }
}

function secretsOf(
  read: z.output<z.ZodObject<typeof breachAuditVariables>> & { IAM_PROJECT: string },
): SecretsSource {
  const { IAM_SECRETS: from, IAM_PROJECT: projectId, IAM_SECRETS_ENDPOINT: endpoint } = read
  const { IAM_SECRET_HIBP_API_KEY } = read
  return from === 'environment'
    ? { from, variables: { IAM_SECRET_HIBP_API_KEY } }
    : { from, projectId, endpoint }
}

/** Where the audit trail's old months go, after how many days, and who may have signed their heads. */
function auditOf(read: z.output<z.ZodObject<typeof auditVariables>>) {
  const { IAM_AUDIT_COLD_STORE: url, IAM_AUDIT_COLD_STORE_ENDPOINT: endpoint } = read
  const cold = url === 'off' ? undefined : { url, endpoint }
  return { cold, hotDays: read.IAM_AUDIT_HOT_DAYS, anchors: read.IAM_AUDIT_ANCHORS ?? [] }
}

export type Config = ReturnType<typeof readConfig>

/** Reads iam-worker's environment. @throws ConfigurationError that names every fault. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  const read = readEnvironment('iam-worker', environment, env)
  return Object.freeze({
    deployment: deploymentOf(read),
    roles: read.IAM_WORKER_ROLES,
    http: { host: read.IAM_HTTP_HOST, port: read.PORT },
    database: databaseOf(read),
    redis: { url: read.REDIS_URL, commandTimeout: read.REDIS_TIMEOUT_MS },
    audience: read.IAM_AUDIENCE ?? read.IAM_ISSUER,
    pubsubEndpoint: read.IAM_PUBSUB_ENDPOINT,
    eventNamespace: read.IAM_EVENT_NAMESPACE,
    relayLeaseSeconds: read.IAM_RELAY_LEASE_SECONDS,
    directDatabaseUrl: read.DATABASE_DIRECT_URL ?? read.DATABASE_URL,
    jobLeaseSeconds: read.IAM_JOB_LEASE_SECONDS,
    outboxKeepSeconds: read.IAM_OUTBOX_KEEP_SECONDS,
    kms: {
      endpoint: read.IAM_KMS_ENDPOINT,
      wrapKey: read.IAM_KMS_WRAP_KEY,
      secretWrapKey: read.IAM_KMS_SECRET_WRAP_KEY ?? secretWrapKeyBeside(read.IAM_KMS_WRAP_KEY),
      statusWrapKey: read.IAM_KMS_STATUS_WRAP_KEY ?? statusWrapKeyBeside(read.IAM_KMS_WRAP_KEY),
      endorseKey: read.IAM_KMS_ENDORSE_KEY,
      publishKey: read.IAM_KMS_PUBLISH_KEY,
      sparePublishKey: read.IAM_KMS_SPARE_PUBLISH_KEY ?? sparePublishKey(read.IAM_KMS_PUBLISH_KEY),
      auditKey: read.IAM_KMS_AUDIT_KEY ?? auditKeyBeside(read.IAM_KMS_PUBLISH_KEY),
    },
    store: { url: read.IAM_OBJECT_STORE, endpoint: read.IAM_OBJECT_STORE_ENDPOINT },
    exportStore: exportStoreOf(read),
    jwksUrl: read.IAM_JWKS_URL ?? `${read.IAM_ISSUER}/.well-known/jwks.json`,
    keysPollSeconds: read.IAM_KEYS_POLL_SECONDS,
    /** How often status lists are built, if anything changed. */
    statusListSeconds: read.IAM_STATUS_LIST_SECONDS,
    signKey: signKeyPrefixOf(read),
    signingKeys: signingKeyPolicy(signingKeysOf(read)),
    signingAlgs: read.IAM_SIGNING_ALGS,
    secretRotation: secretRotationOf(read).rotation,
    keySet: { lifetime: read.IAM_KEY_SET_LIFETIME_SECONDS, resignAfter: read.IAM_KEY_SET_RESIGN_SECONDS },
    cdn: {
      url: read.IAM_CDN,
      host: new URL(read.IAM_ISSUER).host,
      endpoint: read.IAM_CDN_ENDPOINT,
      purgeAfter: read.IAM_CDN_PURGE_AFTER_SECONDS,
    },
    regions: regionsOf(read),
    historySeconds: read.IAM_KEY_SET_HISTORY_SECONDS,
    audit: auditOf(read),
    torExitsUrl: read.IAM_TOR_EXITS_URL === 'off' ? undefined : read.IAM_TOR_EXITS_URL,
    breachAudit: {
      url: read.IAM_HIBP_API_URL === 'off' ? undefined : read.IAM_HIBP_API_URL,
      search: read.IAM_HIBP_SEARCH,
      perMinute: read.IAM_HIBP_REQUESTS_PER_MINUTE,
      every: read.IAM_BREACH_AUDIT_SECONDS,
    },
    secrets: secretsOf(read),
    smtp: { url: read.IAM_SMTP_URL, from: read.IAM_MAIL_FROM },
    telemetry: telemetryOf(read),
    logLevel: read.IAM_LOG_LEVEL,
  })
}
