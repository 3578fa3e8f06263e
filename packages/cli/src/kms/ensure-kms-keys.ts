import { credentials } from '@grpc/grpc-js'
import { KeyManagementServiceClient } from '@google-cloud/kms'

type ClientOptions = NonNullable<ConstructorParameters<typeof KeyManagementServiceClient>[0]>

interface KeyNames {
  readonly endpoint: string | undefined
  readonly wrapKey: string
  readonly statusWrapKey: string
  readonly endorseKey: string
  readonly publishKey: string
  readonly sparePublishKey: string
}

const alreadyExists = 6
const symmetric = {
  purpose: 'ENCRYPT_DECRYPT',
  versionTemplate: { algorithm: 'GOOGLE_SYMMETRIC_ENCRYPTION' },
} as const
const signing = { purpose: 'ASYMMETRIC_SIGN', versionTemplate: { algorithm: 'EC_SIGN_P256_SHA256' } } as const

/**
 * Makes the key ring and keys that are missing: one that wraps, one that wraps keys of status lists, one that
 * endorses, one that publishes and its spare. Each has a duty of its own, so that a permission for one is none for another.
 */
export async function ensureKmsKeys(names: KeyNames): Promise<void> {
  const client = new KeyManagementServiceClient(emulated(names.endpoint))
  try {
    const keys = [
      ...[names.wrapKey, names.statusWrapKey].map((name) => ({ name, key: symmetric })),
      ...[names.endorseKey, names.publishKey, names.sparePublishKey].map((name) => ({ name, key: signing })),
    ]
    for (const { name, key } of keys) await ensureKey(client, parse(name), key)
  } finally {
    await client.close()
  }
}

/** Makes one more key that signs, if it is missing. */
export async function ensureSigningKey(endpoint: string | undefined, version: string): Promise<void> {
  const client = new KeyManagementServiceClient(emulated(endpoint))
  try {
    await ensureKey(client, parse(version), signing)
  } finally {
    await client.close()
  }
}

type Parsed = ReturnType<typeof parse>

async function ensureKey(
  client: KeyManagementServiceClient,
  { location, ring, key }: Parsed,
  cryptoKey: typeof symmetric | typeof signing,
): Promise<void> {
  const keyRing = `${location}/keyRings/${ring}`
  await unlessExists(client.createKeyRing({ parent: location, keyRingId: ring, keyRing: {} }))
  await unlessExists(client.createCryptoKey({ parent: keyRing, cryptoKeyId: key, cryptoKey }))
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
