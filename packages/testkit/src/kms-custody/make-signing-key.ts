import { KeyManagementServiceClient } from '@google-cloud/kms'
import { credentials } from '@grpc/grpc-js'
import type { SigningAlg } from '@iam/domain/key-set'

const location = 'projects/local/locations/local'
const alreadyExists = 6
const algorithms = {
  ES256: 'EC_SIGN_P256_SHA256',
  RS256: 'RSA_SIGN_PKCS1_2048_SHA256',
  EdDSA: 'EC_SIGN_ED25519',
} as const

/** Makes an empty key in the emulator whose versions sign, in its HSM, by the official client. @returns its name. */
export async function makeSigningKey(port: number, alg: SigningAlg): Promise<string> {
  const client = new KeyManagementServiceClient({
    apiEndpoint: '127.0.0.1',
    port,
    sslCreds: credentials.createInsecure(),
    clientOptions: { universeDomain: 'googleapis.com' }, // else it asks the metadata server for it
  })
  try {
    await client.createKeyRing({ parent: location, keyRingId: 'iam' }).catch((error: { code?: unknown }) => {
      if (error.code !== alreadyExists) throw error
    })
    const [key] = await client.createCryptoKey({
      parent: `${location}/keyRings/iam`,
      cryptoKeyId: `sign-${alg.toLowerCase()}`,
      cryptoKey: {
        purpose: 'ASYMMETRIC_SIGN',
        versionTemplate: { algorithm: algorithms[alg], protectionLevel: 'HSM' },
      },
      skipInitialVersionCreation: true,
    })
    return key.name ?? ''
  } finally {
    await client.close()
  }
}
