import { KeyManagementServiceClient } from '@google-cloud/kms'
import { credentials } from '@grpc/grpc-js'
import { startGoogleEmulator, type GoogleEmulator } from '@iam/emulator/google'
import { openKms, signKeyOf, signKeysIn } from '@iam/platform/kms'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureKmsKeys } from './ensure-kms-keys.ts'

const ring = 'projects/p/locations/l/keyRings/iam'
const version = (key: string) => `${ring}/cryptoKeys/${key}/cryptoKeyVersions/1`
const algs = ['ES256', 'RS256', 'EdDSA'] as const

describe('ensureKmsKeys', () => {
  let emulator: GoogleEmulator
  let client: KeyManagementServiceClient
  beforeAll(async () => {
    emulator = await startGoogleEmulator()
    client = new KeyManagementServiceClient({
      apiEndpoint: '127.0.0.1',
      port: emulator.port,
      sslCreds: credentials.createInsecure(),
      clientOptions: { universeDomain: 'googleapis.com' }, // else it asks the metadata server for it
    })
  })
  afterAll(async () => {
    await client.close()
    await emulator.stop()
  })

  const names = (signKey: string | undefined) => ({
    endpoint: emulator.endpoint,
    wrapKey: `${ring}/cryptoKeys/wrap`,
    secretWrapKey: `${ring}/cryptoKeys/wrap-secret`,
    statusWrapKey: `${ring}/cryptoKeys/wrap-status`,
    endorseKey: version('endorse'),
    publishKey: version('publish'),
    sparePublishKey: version('publish-spare'),
    auditKey: version('audit'),
    signKey,
    signProtection: 'HSM' as const,
  })
  const made = async () => {
    const [keys] = await client.listCryptoKeys({ parent: ring })
    return keys.map(({ name }) => name?.split('/').at(-1) ?? '').toSorted()
  }

  test('makes keys to sign with only where signing keys are to be in KMS, and nothing twice', async () => {
    const usual = ['audit', 'endorse', 'publish', 'publish-spare', 'wrap', 'wrap-secret', 'wrap-status']
    await ensureKmsKeys(names(undefined), algs)
    expect(await made()).toEqual(usual)
    for (let run = 0; run < 2; run += 1) {
      await ensureKmsKeys(names(`${ring}/cryptoKeys/sign`), algs)
      expect(await made()).toEqual([...usual, 'sign-es256', 'sign-rs256', 'sign-eddsa'].toSorted())
    }
  })

  test('makes one for each algorithm, in the HSM, whose first version is the worker’s to make', async () => {
    const kms = await openKms({ endpoint: emulator.endpoint })
    const kmsNames = {
      ES256: 'EC_SIGN_P256_SHA256',
      RS256: 'RSA_SIGN_PKCS1_2048_SHA256',
      EdDSA: 'EC_SIGN_ED25519',
    }
    for (const alg of algs) {
      const [key] = await client.getCryptoKey({ name: signKeyOf(`${ring}/cryptoKeys/sign`, alg) })
      expect(key).toMatchObject({
        purpose: 'ASYMMETRIC_SIGN',
        versionTemplate: { algorithm: kmsNames[alg], protectionLevel: 'HSM' },
      })
      expect(await signKeysIn(kms, `${ring}/cryptoKeys/sign`)?.(alg).list()).toEqual([])
    }
    kms.close()
  })
})
