import { constants, generateKeyPairSync, privateEncrypt, sign } from 'node:crypto'
import type { SigningAlgorithm } from './algorithm.ts'
import { materialOf, privateKey, publicKeyPem } from './private-key.ts'

/** `DigestInfo` of a SHA-256 digest, up to the digest itself (RFC 8017 9.2, note 1). */
const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex')

/** RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 8.2). @param bits of the modulus. */
export function rsaSignPkcs1Sha256(bits: number): SigningAlgorithm {
  return {
    purpose: 'ASYMMETRIC_SIGN',
    digest: 'sha256',
    generate: () => materialOf(generateKeyPairSync('rsa', { modulusLength: bits }).privateKey),
    publicKeyPem,
    signDigest: (material, digest) =>
      privateEncrypt(
        { key: privateKey(material), padding: constants.RSA_PKCS1_PADDING },
        Buffer.concat([digestInfo, digest]),
      ),
    signData: (material, data) => sign('sha256', data, privateKey(material)),
  }
}
