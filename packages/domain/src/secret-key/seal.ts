import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto'

const nonceLength = 12
const tagLength = 16

/** AES-256-GCM with a random nonce: nonce 12, ciphertext, tag 16. @param aad what the bytes belong to. */
export function seal(key: KeyObject, plaintext: Buffer, aad: string): Buffer {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(aad))
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** Opens what `seal` made. @throws when the key, the bytes or what they belong to are others. */
export function unseal(key: KeyObject, sealed: Buffer, aad: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceLength))
    .setAAD(Buffer.from(aad))
    .setAuthTag(sealed.subarray(-tagLength))
  return Buffer.concat([decipher.update(sealed.subarray(nonceLength, -tagLength)), decipher.final()])
}
