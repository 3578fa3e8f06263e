import { fileURLToPath } from 'node:url'
import { readEnvironment } from '@iam/platform/config'
import {
  cryptoKey,
  databaseOf,
  databaseVariables,
  deploymentOf,
  deploymentVariables,
  devOnly,
  exportStoreOf,
  httpVariables,
  logLevel,
  objectStore,
  seconds,
  signingAlgs,
  secretWrapKeyBeside,
  telemetryOf,
  telemetryVariables,
} from '@iam/platform/variables'
import ipaddr from 'ipaddr.js'
import * as z from 'zod'

const list = z.string().transform((text) => text.split(',').map((item) => item.trim()))
const thumbprints = list.pipe(
  z.array(z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be RFC 7638 thumbprints')),
)
const headerName = z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'must be the name of a header')
const headerNames = list.pipe(z.array(headerName))
const file = z.string().regex(/^file:\/\/\/.+$/, 'must be file:///<path>, or off')
const networks = list.pipe(
  z.array(
    z
      .string()
      .refine((text) => ipaddr.isValid(text) || ipaddr.isValidCIDR(text), 'must be addresses or networks'),
  ),
)

const environment = z
  .object({
    ...deploymentVariables,
    ...httpVariables,
    IAM_METRICS_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
    ...databaseVariables,
    IAM_AUDIENCE: z.url().optional(),
    IAM_KMS_WRAP_KEY: cryptoKey,
    IAM_KMS_SECRET_WRAP_KEY: cryptoKey.optional(),
    IAM_KMS_ENDPOINT: z.string().optional(),
    IAM_KMS_SIGNATURES_PER_SECOND: z.coerce.number().positive().max(100_000).default(10),
    IAM_ENDORSEMENT_ANCHORS: thumbprints,
    IAM_TRUSTED_PROXIES: networks.optional(),
    IAM_PLACE_HEADERS: headerNames.optional(),
    IAM_COUNTRY_HEADER: headerName.optional(),
    IAM_SUBDIVISION_HEADER: headerName.optional(),
    IAM_COORDINATES_HEADER: headerName.optional(),
    IAM_TOR_EXITS: z.union([z.literal('off'), file]).default('off'),
    IAM_RISK_SERVICE_URL: z.url({ protocol: /^https?$/ }).optional(),
    IAM_SIGNING_ALGS: signingAlgs,
    IAM_KEY_POLL_SECONDS: seconds.default(5),
    IAM_ARGON2_MEMORY_KIB: z.coerce.number().int().min(7168).default(65_536),
    IAM_ARGON2_ITERATIONS: z.coerce.number().int().min(1).default(3),
    IAM_ARGON2_LANES: z.coerce.number().int().min(1).default(4),
    IAM_HASH_CONCURRENCY: z.coerce.number().int().min(1).default(1),
    IAM_HIBP_URL: z
      .union([z.literal('off'), z.url({ protocol: /^https?$/ })], 'must be a URL, or off')
      .default('https://api.pwnedpasswords.com'),
    IAM_LIMITS: z.union([z.literal('off'), z.coerce.number().int().min(1)]).default(1),
    ...telemetryVariables,
    IAM_EXPORT_STORE: objectStore.optional(),
    IAM_OBJECT_STORE_ENDPOINT: z.url().optional(),
    IAM_LOG_LEVEL: logLevel.default('info'),
  })
  .superRefine(devOnly)

export type Config = ReturnType<typeof readConfig>

/** Reads iam-api's environment. @throws ConfigurationError that names every fault. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  const read = readEnvironment('iam-api', environment, env)
  return Object.freeze({
    deployment: deploymentOf(read),
    audience: read.IAM_AUDIENCE ?? read.IAM_ISSUER,
    http: {
      host: read.IAM_HTTP_HOST,
      port: read.PORT,
      trustedProxies: read.IAM_TRUSTED_PROXIES ?? [],
      placeHeaders: read.IAM_PLACE_HEADERS ?? [],
      geoHeaders: {
        country: read.IAM_COUNTRY_HEADER,
        subdivision: read.IAM_SUBDIVISION_HEADER,
        coordinates: read.IAM_COORDINATES_HEADER,
      },
    },
    /** Where metrics are, on the same host: a port that only those who scrape can reach. */
    metricsPort: read.IAM_METRICS_PORT,
    /** A file with an address a line. */
    torExits: read.IAM_TOR_EXITS === 'off' ? undefined : fileURLToPath(read.IAM_TOR_EXITS),
    riskServiceUrl: read.IAM_RISK_SERVICE_URL,
    database: databaseOf(read),
    redis: { url: read.REDIS_URL, commandTimeout: read.REDIS_TIMEOUT_MS },
    kms: {
      wrapKey: read.IAM_KMS_WRAP_KEY,
      secretWrapKey: read.IAM_KMS_SECRET_WRAP_KEY ?? secretWrapKeyBeside(read.IAM_KMS_WRAP_KEY),
      endpoint: read.IAM_KMS_ENDPOINT,
      /** This instance's share of what the project may have signed in KMS. */
      signaturesPerSecond: read.IAM_KMS_SIGNATURES_PER_SECOND,
    },
    endorsementAnchors: read.IAM_ENDORSEMENT_ANCHORS,
    /** Of which the first signs what is pinned to none. */
    signingAlgs: read.IAM_SIGNING_ALGS,
    keyPollSeconds: read.IAM_KEY_POLL_SECONDS,
    argon2: {
      memoryKib: read.IAM_ARGON2_MEMORY_KIB,
      iterations: read.IAM_ARGON2_ITERATIONS,
      lanes: read.IAM_ARGON2_LANES,
    },
    hashConcurrency: read.IAM_HASH_CONCURRENCY,
    breachedPasswordsUrl: read.IAM_HIBP_URL === 'off' ? undefined : read.IAM_HIBP_URL.replace(/\/$/, ''),
    /** How many times its points every limit on requests has; `off` counts nothing. */
    limits: read.IAM_LIMITS,
    telemetry: telemetryOf(read),
    exportStore: exportStoreOf(read),
    logLevel: read.IAM_LOG_LEVEL,
  })
}
