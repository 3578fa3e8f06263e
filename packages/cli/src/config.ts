import { readSecretRotation } from '@iam/domain/secret-key'
import { readEnvironment } from '@iam/platform/config'
import {
  coldStore,
  cryptoKey,
  databaseVariables,
  deploymentOf,
  deploymentVariables,
  devOnly,
  faultless,
  keyVersion,
  objectStore,
  signingAlgs,
  secretVariables,
  missingSignKey,
  signingKeysOf,
  signKeyPrefixOf,
  signingKeyVariables,
  seconds,
  auditKeyBeside,
  sparePublishKey,
  secretWrapKeyBeside,
  statusWrapKeyBeside,
  thumbprints,
} from '@iam/platform/variables'
import * as z from 'zod'

const environment = z.object({
  ...deploymentVariables,
  ...signingKeyVariables,
  IAM_SIGNING_ALGS: signingAlgs,
  ...secretVariables,
  IAM_AUDIENCE: z.url().optional(),
  DATABASE_URL: databaseVariables.DATABASE_URL,
  IAM_KMS_ENDPOINT: z.string().optional(),
  IAM_KMS_WRAP_KEY: cryptoKey,
  IAM_KMS_SECRET_WRAP_KEY: cryptoKey.optional(),
  IAM_KMS_STATUS_WRAP_KEY: cryptoKey.optional(),
  IAM_KMS_ENDORSE_KEY: keyVersion,
  IAM_KMS_PUBLISH_KEY: keyVersion,
  IAM_KMS_SPARE_PUBLISH_KEY: keyVersion.optional(),
  IAM_KMS_AUDIT_KEY: keyVersion.optional(),
  IAM_ANCHOR_NOTICE_SECONDS: seconds.default(30 * 86_400),
  IAM_KMS_SIGN_PROTECTION: z.enum(['HSM', 'SOFTWARE']).default('HSM'),
  IAM_PUBSUB_ENDPOINT: z.string().optional(),
  IAM_EVENT_NAMESPACE: z.string().default('melmastoon'),
  IAM_OBJECT_STORE: objectStore,
  IAM_OBJECT_STORE_ENDPOINT: z.url().optional(),
  IAM_AUDIT_COLD_STORE: coldStore.default('off'),
  IAM_AUDIT_COLD_STORE_ENDPOINT: z.url().optional(),
})

const secretRotationOf = (read: z.output<typeof environment>) =>
  readSecretRotation(read.IAM_SECRET_ROTATION, read.IAM_SIGNING_KEY_ANNOUNCE_SECONDS)

const whole = environment
  .superRefine(devOnly)
  .superRefine(faultless('IAM_KMS_SIGN_KEY', missingSignKey))
  .superRefine(faultless('IAM_SECRET_ROTATION', (read) => secretRotationOf(read).fault))

export type Config = ReturnType<typeof readConfig>

/** The part that every command needs. @throws ConfigurationError. */
export function readDatabaseUrl(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return readEnvironment('iam', environment.pick({ DATABASE_URL: true }), env).DATABASE_URL
}

const verifying = z.object({
  IAM_ENV: deploymentVariables.IAM_ENV,
  IAM_ISSUER: deploymentVariables.IAM_ISSUER,
  IAM_JWKS_ANCHORS: thumbprints,
  IAM_ENDORSEMENT_ANCHORS: thumbprints,
})

/** What a published key set is held against: the pins that verifiers have. @throws ConfigurationError. */
export function readPins(env: Readonly<Record<string, string | undefined>> = process.env) {
  const read = readEnvironment('iam', verifying, env)
  return {
    env: read.IAM_ENV,
    issuer: read.IAM_ISSUER,
    anchors: read.IAM_JWKS_ANCHORS,
    endorsementAnchors: read.IAM_ENDORSEMENT_ANCHORS,
  }
}

const auditing = z.object({ IAM_ISSUER: deploymentVariables.IAM_ISSUER, IAM_AUDIT_ANCHORS: thumbprints })

/** What an exported audit trail is held against. @throws ConfigurationError. */
export function readAuditPins(env: Readonly<Record<string, string | undefined>> = process.env) {
  const read = readEnvironment('iam', auditing, env)
  return { issuer: read.IAM_ISSUER, anchors: read.IAM_AUDIT_ANCHORS }
}

/** Reads the operator command's environment. @throws ConfigurationError that names every fault. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  const read = readEnvironment('iam', whole, env)
  return Object.freeze({
    deployment: deploymentOf(read),
    audience: read.IAM_AUDIENCE ?? read.IAM_ISSUER,
    databaseUrl: read.DATABASE_URL,
    kms: {
      endpoint: read.IAM_KMS_ENDPOINT,
      wrapKey: read.IAM_KMS_WRAP_KEY,
      secretWrapKey: read.IAM_KMS_SECRET_WRAP_KEY ?? secretWrapKeyBeside(read.IAM_KMS_WRAP_KEY),
      statusWrapKey: read.IAM_KMS_STATUS_WRAP_KEY ?? statusWrapKeyBeside(read.IAM_KMS_WRAP_KEY),
      endorseKey: read.IAM_KMS_ENDORSE_KEY,
      publishKey: read.IAM_KMS_PUBLISH_KEY,
      sparePublishKey: read.IAM_KMS_SPARE_PUBLISH_KEY ?? sparePublishKey(read.IAM_KMS_PUBLISH_KEY),
      signKey: signKeyPrefixOf(read),
      signProtection: read.IAM_KMS_SIGN_PROTECTION,
      auditKey: read.IAM_KMS_AUDIT_KEY ?? auditKeyBeside(read.IAM_KMS_PUBLISH_KEY),
    },
    pubsub: { endpoint: read.IAM_PUBSUB_ENDPOINT, namespace: read.IAM_EVENT_NAMESPACE },
    signingKeys: signingKeysOf(read),
    signingAlgs: read.IAM_SIGNING_ALGS,
    anchorNotice: read.IAM_ANCHOR_NOTICE_SECONDS,
    secretRotation: secretRotationOf(read).rotation,
    store: { url: read.IAM_OBJECT_STORE, endpoint: read.IAM_OBJECT_STORE_ENDPOINT },
    auditCold:
      read.IAM_AUDIT_COLD_STORE === 'off'
        ? undefined
        : { url: read.IAM_AUDIT_COLD_STORE, endpoint: read.IAM_AUDIT_COLD_STORE_ENDPOINT },
  })
}
