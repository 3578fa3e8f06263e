import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import type { SigningAlgorithm } from './algorithm.ts'

/** ECDSA on P-256 with SHA-256; signatures are DER, as Cloud KMS returns them. */
export const ecSignP256Sha256: SigningAlgorithm = {
  purpose: 'ASYMMETRIC_SIGN',
  digest: 'sha256',
  digestBytes: 32,
  generate: () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'der' })
      .toString('base64'),
  publicKeyPem: (material) =>
    createPublicKey(privateKey(material)).export({ type: 'spki', format: 'pem' }).toString(),
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

function privateKey(material: string): KeyObject {
  return createPrivateKey({ key: Buffer.from(material, 'base64'), type: 'pkcs8', format: 'der' })
}
