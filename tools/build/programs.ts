/** A program that is shipped as a bundle. */
export interface ShippedProgram {
  /** The name of its folder under `dist`. */
  readonly name: string
  /** Its source, from the root of the checkout. */
  readonly entry: string
  /** Packages that its bundle may not contain, lazily loaded or not. */
  readonly never: readonly string[]
  /** Files of packages that it reads where it runs, which are copied beside its bundle. */
  readonly reads?: readonly string[]
  /** What NODE_OPTIONS is to say where it runs: kept beside the bundle, in the file `node-options`. */
  readonly nodeOptions?: string
  /** How it is started once, with nothing around it, so that what the start compiles is kept. */
  readonly trial: Trial
}

/** Arguments with which it ends by itself, or the settings with which it listens on `PORT`. */
export type Trial =
  | { readonly ends: readonly string[] }
  | { readonly listens: Readonly<Record<string, string>> }

/** A port on which nothing can listen: dependencies are away in a trial, and no program may need them to start. */
const nobody = '127.0.0.1:9'
const keys = 'projects/trial/locations/trial/keyRings/trial/cryptoKeys'
const thumbprint = 'A'.repeat(43)
const anybody = { IAM_ENV: 'dev', IAM_PROJECT: 'trial', IAM_REGION: 'trial', IAM_ISSUER: `http://${nobody}` }
const storesAndGoogle = {
  DATABASE_URL: `postgres://trial@${nobody}/trial`,
  REDIS_URL: `redis://${nobody}`,
  IAM_KMS_ENDPOINT: nobody,
  IAM_KMS_WRAP_KEY: `${keys}/wrap`,
}

/** Every program that is shipped. */
export const shippedPrograms: readonly ShippedProgram[] = [
  {
    name: 'iam-api',
    entry: 'apps/iam-api/src/main.ts',
    never: [],
    trial: { listens: { ...anybody, ...storesAndGoogle, IAM_ENDORSEMENT_ANCHORS: thumbprint } },
  },
  {
    name: 'iam-worker',
    entry: 'apps/iam-worker/src/main.ts',
    never: ['fastify', 'typebox', 'ajv'],
    reads: ['packages/platform/node_modules/dejavu-fonts-ttf/ttf/DejaVuSans.ttf'],
    trial: {
      listens: {
        ...anybody,
        ...storesAndGoogle,
        IAM_PUBSUB_ENDPOINT: nobody,
        IAM_KMS_ENDORSE_KEY: `${keys}/endorse/cryptoKeyVersions/1`,
        IAM_KMS_PUBLISH_KEY: `${keys}/publish/cryptoKeyVersions/1`,
        IAM_OBJECT_STORE: 'gs://trial',
        IAM_OBJECT_STORE_ENDPOINT: `http://${nobody}`,
        IAM_SMTP_URL: `smtp://${nobody}`,
        IAM_MAIL_FROM: 'nobody@trial.example',
      },
    },
  },
  {
    name: 'iam-jwks',
    entry: 'apps/iam-jwks/src/main.ts',
    // What it makes for an answer is gone with it: more room for it would be memory alone, a third under attack.
    nodeOptions: '--max-semi-space-size=1',
    // It serves the key set with all of these down, so it must not even be able to load their clients.
    never: [
      'pg',
      'kysely',
      'ioredis',
      'fastify',
      'typebox',
      'protobufjs',
      'google-gax',
      'google-auth-library',
      '@google-cloud/*',
      '@grpc/*',
    ],
    trial: {
      listens: {
        ...anybody,
        IAM_KEY_SET_URL: 'file:///nowhere',
        IAM_JWKS_ANCHORS: thumbprint,
        IAM_ENDORSEMENT_ANCHORS: thumbprint,
      },
    },
  },
  { name: 'cli', entry: 'packages/cli/src/main.ts', never: ['fastify'], trial: { ends: ['--help'] } },
]
