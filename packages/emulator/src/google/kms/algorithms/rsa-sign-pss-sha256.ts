import { constants, generateKeyPairSync, hash, privateEncrypt, randomBytes } from 'node:crypto'
import type { SigningAlgorithm } from './algorithm.ts'
import { materialOf, privateKey, publicKeyPem } from './private-key.ts'

const digestBytes = 32

/** RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt as long as the digest (RFC 8017 8.1).
 *  @param bits of the modulus. */
export function rsaSignPssSha256(bits: number): SigningAlgorithm {
  const signDigest: SigningAlgorithm['signDigest'] = (material, digest) => {
    const key = { key: privateKey(material), padding: constants.RSA_NO_PADDING }
    return privateEncrypt(key, encode(digest, bits / 8))
  }
  return {
    purpose: 'ASYMMETRIC_SIGN',
    digest: 'sha256',
    generate: () => materialOf(generateKeyPairSync('rsa', { modulusLength: bits }).privateKey),
    publicKeyPem,
    signDigest,
    signData: (material, data) => signDigest(material, hash('sha256', data, 'buffer')),
  }
}

/** EMSA-PSS-ENCODE (RFC 8017 9.1.1) of a digest: node:crypto would hash it once more. */
function encode(digest: Buffer, bytes: number): Buffer {
  const salt = randomBytes(digestBytes)
  const hashed = hash('sha256', Buffer.concat([Buffer.alloc(8), digest, salt]), 'buffer')
  const block = Buffer.alloc(bytes - digestBytes - 1)
  block[block.length - digestBytes - 1] = 1
  salt.copy(block, block.length - digestBytes)
  const masked = exclusiveOr(block, mask(hashed, block.length))
  masked.writeUInt8(masked.readUInt8(0) & 0x7f, 0) // the modulus is one bit longer than what is encoded
  return Buffer.concat([masked, hashed, Buffer.from([0xbc])])
}

/** MGF1 (RFC 8017 B.2.1). */
function mask(seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let counter = 0; counter * digestBytes < length; counter += 1) {
    const number = Buffer.alloc(4)
    number.writeUInt32BE(counter)
    blocks.push(hash('sha256', Buffer.concat([seed, number]), 'buffer'))
  }
  return Buffer.concat(blocks).subarray(0, length)
}

function exclusiveOr(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, at) => byte ^ (other[at] ?? 0)))
}
