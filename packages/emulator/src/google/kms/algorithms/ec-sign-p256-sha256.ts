import { generateKeyPairSync, sign } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import type { SigningAlgorithm } from './algorithm.ts'
import { materialOf, privateKey, publicKeyPem } from './private-key.ts'

/** ECDSA on P-256 with SHA-256; signatures are DER, as Cloud KMS returns them. */
export const ecSignP256Sha256: SigningAlgorithm = {
  purpose: 'ASYMMETRIC_SIGN',
  digest: 'sha256',
  generate: () => materialOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
  publicKeyPem,
  signDigest,
  signData: (material, data) => sign('sha256', data, privateKey(material)),
}

/**
 * Node and WebCrypto always hash what they are given before an ECDSA signature, and a client that follows the
 * documentation sends the digest alone. So this one operation is done by @noble/curves.
 */
function signDigest(material: string, digest: Buffer): Buffer {
  const { d } = privateKey(material).export({ format: 'jwk' })
  const scalar = Buffer.from(d ?? '', 'base64url')
  // ECDSA allows a high or a low s, so verifiers have to meet both.
  return Buffer.from(p256.sign(digest, scalar, { prehash: false, lowS: false, format: 'der' }))
}
