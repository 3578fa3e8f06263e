import * as z from 'zod'
import { cryptoKey, seconds } from './kinds.ts'

/** Which deployment a process belongs to. */
export const deploymentVariables = {
  IAM_ENV: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be a short name such as prod or dev'),
  IAM_PROJECT: z.string(),
  IAM_REGION: z.string(),
  IAM_ISSUER: z.url({ protocol: /^https?$/ }).refine((url) => !url.endsWith('/'), 'must not end in a slash'),
}

/** Where a process listens. */
export const httpVariables = {
  IAM_HTTP_HOST: z.string().default('0.0.0.0'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
}

/** How a process reaches Postgres and Redis. */
export const databaseVariables = {
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  DATABASE_POOLER: z.enum(['none', 'transaction']).default('none'),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(100).default(10),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  /** Milliseconds a command may take before it counts as unanswered. */
  REDIS_TIMEOUT_MS: z.coerce.number().int().min(10).max(5_000).default(150),
}

/** How long signing keys live, in seconds. Who changes them must read the same as who tends them. */
export const signingKeyVariables = {
  /** Where the private halves of new keys are: wrapped in the database, or versions of keys that never leave KMS. */
  IAM_SIGNING_CUSTODY: z.enum(['wrapped', 'kms']).default('wrapped'),
  /** What the names of the keys in KMS begin with; each algorithm has one of its own. */
  IAM_KMS_SIGN_KEY: cryptoKey.optional(),
  IAM_SIGNING_KEY_SIGN_SECONDS: seconds.optional(),
  IAM_SIGNING_KEY_OVERLAP_SECONDS: seconds.default(2 * 86_400),
  IAM_SIGNING_KEY_LEAD_SECONDS: seconds.default(86_400),
  IAM_VERIFIER_CACHE_SECONDS: seconds.default(600),
  IAM_SIGNING_KEY_ANNOUNCE_SECONDS: seconds.default(120),
}

/**
 * How often secrets are rotated: `pepper=31536000,refresh-box=43200,data=off`, in seconds; the others by their default.
 * Who shows it must read the same as who does it.
 */
export const secretVariables = { IAM_SECRET_ROTATION: z.string().default('') }

type Read<T extends Record<string, z.ZodType>> = Readonly<z.output<z.ZodObject<T>>>

/** The deployment, as the domain takes it. */
export function deploymentOf(read: Read<typeof deploymentVariables>) {
  return { env: read.IAM_ENV, project: read.IAM_PROJECT, region: read.IAM_REGION, issuer: read.IAM_ISSUER }
}

/** The database, as `openPostgres` takes it. */
export function databaseOf(read: Read<typeof databaseVariables>) {
  return { url: read.DATABASE_URL, pooler: read.DATABASE_POOLER, poolSize: read.DATABASE_POOL_SIZE }
}

/** A key that is unwrapped into the memory of every instance is replaced sooner than one that never leaves KMS. */
const usualSignFor = { wrapped: 7 * 86_400, kms: 30 * 86_400 }

/** What the names of the keys in KMS begin with where new signing keys are made there; undefined where not. */
export function signKeyPrefixOf(
  read: Pick<Read<typeof signingKeyVariables>, 'IAM_SIGNING_CUSTODY' | 'IAM_KMS_SIGN_KEY'>,
): string | undefined {
  return read.IAM_SIGNING_CUSTODY === 'kms' ? read.IAM_KMS_SIGN_KEY : undefined
}

/** What is wrong where signing keys are to be in KMS, and nothing says where. */
export function missingSignKey(
  env: Pick<Read<typeof signingKeyVariables>, 'IAM_SIGNING_CUSTODY' | 'IAM_KMS_SIGN_KEY'>,
): string | undefined {
  if (env.IAM_SIGNING_CUSTODY !== 'kms' || env.IAM_KMS_SIGN_KEY !== undefined) return undefined
  return 'must name a crypto key where IAM_SIGNING_CUSTODY is kms'
}

/** The lives of signing keys, as the domain takes them. */
export function signingKeysOf(read: Read<typeof signingKeyVariables>) {
  return {
    signFor: read.IAM_SIGNING_KEY_SIGN_SECONDS ?? usualSignFor[read.IAM_SIGNING_CUSTODY],
    verifyAfter: read.IAM_SIGNING_KEY_OVERLAP_SECONDS,
    leastLead: read.IAM_SIGNING_KEY_LEAD_SECONDS,
    verifierCache: read.IAM_VERIFIER_CACHE_SECONDS,
    announce: read.IAM_SIGNING_KEY_ANNOUNCE_SECONDS,
  }
}

/** Where secrets are wrapped when nothing else is said: who opens those is to open no key that signs tokens. */
export function secretWrapKeyBeside(wrapKey: string): string {
  return wrapKey.replace(/[^/]+$/, 'secret-wrap')
}

/** Where keys of status lists are wrapped when nothing else is said: by a key of its own in the same ring. */
export function statusWrapKeyBeside(wrapKey: string): string {
  return wrapKey.replace(/[^/]+$/, 'status-wrap')
}

/** Where exports of personal data are; undefined where none are made. */
export function exportStoreOf(read: {
  readonly IAM_EXPORT_STORE?: string | undefined
  readonly IAM_OBJECT_STORE_ENDPOINT?: string | undefined
}): { readonly url: string; readonly endpoint: string | undefined } | undefined {
  const { IAM_EXPORT_STORE: url, IAM_OBJECT_STORE_ENDPOINT: endpoint } = read
  return url === undefined ? undefined : { url, endpoint }
}
