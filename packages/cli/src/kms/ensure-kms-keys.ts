import { credentials } from '@grpc/grpc-js'
import { KeyManagementServiceClient } from '@google-cloud/kms'
import type { SigningAlg } from '@iam/domain/key-set'
import { signKeyOf } from '@iam/platform/kms'

type ClientOptions = NonNullable<ConstructorParameters<typeof KeyManagementServiceClient>[0]>

interface KeyNames {
  readonly endpoint: string | undefined
  readonly wrapKey: string
  readonly secretWrapKey: string
  readonly statusWrapKey: string
  readonly endorseKey: string
  readonly publishKey: string
  readonly sparePublishKey: string
  /** What the names of the keys begin with that sign access tokens, where they are to be there. */
  readonly signKey: string | undefined
  readonly signProtection: 'HSM' | 'SOFTWARE'
  readonly auditKey: string
}

const alreadyExists = 6
const symmetric = {
  purpose: 'ENCRYPT_DECRYPT',
  versionTemplate: { algorithm: 'GOOGLE_SYMMETRIC_ENCRYPTION' },
} as const
const signing = { purpose: 'ASYMMETRIC_SIGN', versionTemplate: { algorithm: 'EC_SIGN_P256_SHA256' } } as const
const kmsAlgorithms = {
  ES256: 'EC_SIGN_P256_SHA256',
  RS256: 'RSA_SIGN_PKCS1_2048_SHA256',
  EdDSA: 'EC_SIGN_ED25519',
} as const

type Key = { readonly name: string; readonly key: CryptoKey; readonly isEmpty?: boolean }
type CryptoKey = NonNullable<
  NonNullable<Parameters<KeyManagementServiceClient['createCryptoKey']>[0]>['cryptoKey']
>

/**
 * Makes the key ring and keys that are missing: one that wraps keys of tokens, one that wraps secrets, one that wraps keys of status lists, one that
 * endorses, one that publishes and its spare, one that signs audit heads; and where signing keys are to be in KMS, one for each of their
 * algorithms, whose versions iam-worker makes. Each has a duty of its own, so that a permission for one is none for
 * another.
 */
export async function ensureKmsKeys(names: KeyNames, algs: readonly SigningAlg[]): Promise<void> {
  const client = new KeyManagementServiceClient(emulated(names.endpoint))
  try {
    const keys: Key[] = [
      ...[names.wrapKey, names.secretWrapKey, names.statusWrapKey].map((name) => ({ name, key: symmetric })),
      ...[names.endorseKey, names.publishKey, names.sparePublishKey, names.auditKey].map((name) => ({
        name,
        key: signing,
      })),
      ...signKeysOf(names, algs),
    ]
    for (const key of keys) await ensureKey(client, key)
  } finally {
    await client.close()
  }
}

/** Makes one more key that signs, if it is missing. */
export async function ensureSigningKey(endpoint: string | undefined, version: string): Promise<void> {
  const client = new KeyManagementServiceClient(emulated(endpoint))
  try {
    await ensureKey(client, { name: version, key: signing })
  } finally {
    await client.close()
  }
}

function signKeysOf({ signKey, signProtection }: KeyNames, algs: readonly SigningAlg[]): Key[] {
  if (signKey === undefined) return []
  return algs.map((alg) => {
    const versionTemplate = { algorithm: kmsAlgorithms[alg], protectionLevel: signProtection }
    const key = { purpose: 'ASYMMETRIC_SIGN', versionTemplate } as const
    return { name: signKeyOf(signKey, alg), key, isEmpty: true }
  })
}

async function ensureKey(
  client: KeyManagementServiceClient,
  { name, key: cryptoKey, isEmpty: skipInitialVersionCreation = false }: Key,
): Promise<void> {
  const { location, ring, key } = parse(name)
  const keyRing = `${location}/keyRings/${ring}`
  await unlessExists(client.createKeyRing({ parent: location, keyRingId: ring, keyRing: {} }))
  await unlessExists(
    client.createCryptoKey({ parent: keyRing, cryptoKeyId: key, cryptoKey, skipInitialVersionCreation }),
  )
}

async function unlessExists(made: Promise<unknown>): Promise<void> {
  await made.catch((error: { code?: unknown }) => {
    if (error.code !== alreadyExists) throw error
  })
}

function parse(name: string): { location: string; ring: string; key: string } {
  const [, location, ring, key] =
    /^(projects\/[^/]+\/locations\/[^/]+)\/keyRings\/([^/]+)\/cryptoKeys\/([^/]+)/.exec(name) ?? []
  if (location === undefined || ring === undefined || key === undefined)
    throw new Error(`${name} does not name a key.`)
  return { location, ring, key }
}

/** The emulator speaks plaintext and asks nobody who they are; a named universe spares the look-up of one. */
function emulated(endpoint: string | undefined): ClientOptions {
  if (endpoint === undefined) return {}
  const [apiEndpoint, port] = endpoint.split(':')
  return {
    apiEndpoint: apiEndpoint ?? '',
    port: Number(port),
    sslCreds: credentials.createInsecure(),
    clientOptions: { universeDomain: 'googleapis.com' },
  }
}
