import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { SigningAlg } from '../key-set/index.ts'

const generate = promisify(generateKeyPair)
const modulusLength = 2048

/** A new key pair for the algorithm. RSA keys take long to find, so all are made on a thread of libuv's. */
export function generateSigningKeyPair(
  alg: SigningAlg,
): Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }> {
  if (alg === 'ES256') return generate('ec', { namedCurve: 'P-256' })
  if (alg === 'EdDSA') return generate('ed25519')
  return generate('rsa', { modulusLength, publicExponent: 65_537 })
}
