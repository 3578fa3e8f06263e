import { join } from 'node:path'
import { cacheDirectory } from '../machine/cache-directory.ts'
import { machineEnvironment } from '../machine/environment.ts'
import type { PostgresServer } from '../postgres/index.ts'
import type { RedisServer } from '../redis/index.ts'
import type { StackPorts } from './stack-ports.ts'

/** The environment variables of one process. */
export type Environment = Readonly<Record<string, string>>

/** The thumbprints that the published key set and each signing key are checked against, as variables hold them. */
export interface Anchors {
  jwks: string
  endorsement: string
}

/** The name of the project, which the emulators take as they would any. */
export const project = 'iam-dev'

/** The bucket that holds what is published. */
export const bucket = 'iam-dev'
/** The bucket that the audit trail's old months go to. */
export const coldBucket = 'iam-dev-cold'
/** The bucket that holds exports of personal data, encrypted. */
export const exportBucket = 'iam-dev-exports'
const keySetObject = 'key-set/jwks.jwt'
/** A change of keys shows at once here; in production nobody waits for one. */
const quickly = '1'
/** A laptop or a test machine that does ten things at once stalls for longer than a server. */
const patiently = '800'
const keyRing = `projects/${project}/locations/local/keyRings/iam/cryptoKeys`

/** What the environment of our processes is derived from. */
export interface Endpoints {
  ports: StackPorts
  postgres: PostgresServer
  redis: RedisServer
}

/** Google's clients would otherwise ask around for a metadata server. */
const noRealCloud = { METADATA_SERVER_DETECTION: 'none', GOOGLE_CLOUD_PROJECT: project }

/** What every program of ours is started with: where to find things on the machine, and no real cloud. */
export function machineVariables(): Environment {
  return {
    ...machineEnvironment().inherited,
    NODE_COMPILE_CACHE: join(cacheDirectory(), 'compile-cache'),
    ...noRealCloud,
  }
}

/** The issuer, which is what browsers and tokens know the stack by. */
export function issuerUrl({ edge }: StackPorts): string {
  return `http://localhost:${edge}`
}

/** The object store's address. */
export function storeUrl({ storage }: StackPorts): string {
  return `http://127.0.0.1:${storage}`
}

/** The operator command, started by the stack. */
export function cliEnvironment(endpoints: Endpoints): Environment {
  return { ...machineVariables(), ...operatorVariables(endpoints) }
}

/** What the operator command must be told, by whoever runs it: it owns the schema and makes the keys. */
export function operatorVariables(endpoints: Endpoints): Environment {
  return {
    ...noRealCloud,
    ...deployment(endpoints),
    ...google(endpoints),
    DATABASE_URL: endpoints.postgres.urlFor('iam_owner', 'iam'),
    REDIS_URL: endpoints.redis.url,
  }
}

/** iam-worker: relays, schedules, and publishes the key set. */
export function workerEnvironment(endpoints: Endpoints): Environment {
  return {
    ...common(endpoints),
    ...google(endpoints),
    ...listening(endpoints.ports.worker),
    DATABASE_URL: endpoints.postgres.urlFor('iam_worker', 'iam'),
    REDIS_URL: endpoints.redis.url,
    REDIS_TIMEOUT_MS: patiently,
    IAM_EXPORT_STORE: `gs://${exportBucket}`,
    IAM_SMTP_URL: `smtp://127.0.0.1:${endpoints.ports.smtp}`,
    IAM_MAIL_FROM: 'no-reply@iam.example',
    IAM_HIBP_API_URL: 'off', // nothing leaves the machine
    IAM_SECRETS_ENDPOINT: `127.0.0.1:${endpoints.ports.google}`,
    IAM_KEYS_POLL_SECONDS: quickly,
  }
}

/** iam-api: serves requests. @param limits how many times its points every limit has. */
export function apiEnvironment(endpoints: Endpoints, anchors: Anchors, limits: string): Environment {
  return {
    ...common(endpoints),
    ...google(endpoints),
    ...listening(endpoints.ports.api),
    DATABASE_URL: endpoints.postgres.urlFor('iam_api', 'iam'),
    REDIS_URL: endpoints.redis.url,
    REDIS_TIMEOUT_MS: patiently,
    IAM_ENDORSEMENT_ANCHORS: anchors.endorsement,
    IAM_TRUSTED_PROXIES: '127.0.0.1', // the edge
    IAM_KEY_POLL_SECONDS: quickly,
    IAM_EXPORT_STORE: `gs://${exportBucket}`,
    IAM_HIBP_URL: 'off', // nothing leaves the machine
    IAM_LIMITS: limits,
  }
}

/** iam-jwks: it is told of the object that holds the key set and of nothing else. */
export function jwksEnvironment(endpoints: Endpoints, anchors: Anchors): Environment {
  return {
    ...common(endpoints),
    ...listening(endpoints.ports.jwks),
    IAM_KEY_SET_URL: `${storeUrl(endpoints.ports)}/${bucket}/${keySetObject}`,
    IAM_JWKS_ANCHORS: anchors.jwks,
    IAM_ENDORSEMENT_ANCHORS: anchors.endorsement,
    IAM_KEY_SET_POLL_SECONDS: quickly,
  }
}

function common(endpoints: Endpoints): Environment {
  return { ...machineVariables(), ...deployment(endpoints) }
}

function deployment({ ports }: Endpoints): Environment {
  return {
    IAM_ENV: 'dev',
    IAM_PROJECT: project,
    IAM_REGION: 'local',
    IAM_ISSUER: issuerUrl(ports),
  }
}

function google({ ports }: Endpoints): Environment {
  return {
    IAM_KMS_ENDPOINT: `127.0.0.1:${ports.google}`,
    IAM_KMS_WRAP_KEY: `${keyRing}/wrap`,
    IAM_KMS_ENDORSE_KEY: `${keyRing}/endorse/cryptoKeyVersions/1`,
    IAM_KMS_PUBLISH_KEY: `${keyRing}/publish/cryptoKeyVersions/1`,
    IAM_PUBSUB_ENDPOINT: `127.0.0.1:${ports.google}`,
    IAM_OBJECT_STORE: `gs://${bucket}`,
    IAM_OBJECT_STORE_ENDPOINT: storeUrl(ports),
    IAM_AUDIT_COLD_STORE: `gs://${coldBucket}`,
    IAM_AUDIT_COLD_STORE_ENDPOINT: storeUrl(ports),
  }
}

function listening(port: number): Environment {
  return { PORT: String(port), IAM_HTTP_HOST: '127.0.0.1' }
}
