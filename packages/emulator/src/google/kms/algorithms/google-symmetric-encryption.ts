import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { EncryptionAlgorithm } from './algorithm.ts'

const ivBytes = 12
const tagBytes = 16

/** AES-256-GCM with a random nonce, as the real algorithm is documented; sealed = nonce, ciphertext, tag. */
export const googleSymmetricEncryption: EncryptionAlgorithm = {
  purpose: 'ENCRYPT_DECRYPT',
  generate: () => randomBytes(32).toString('base64'),
  seal,
  open,
}

function seal(material: string, plaintext: Buffer, aad: Buffer): Buffer {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(material, 'base64'), iv).setAAD(aad)
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

function open(material: string, sealed: Buffer, aad: Buffer): Buffer | undefined {
  if (sealed.length < ivBytes + tagBytes) return undefined
  const key = Buffer.from(material, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(aad).setAuthTag(sealed.subarray(-tagBytes))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(ivBytes, -tagBytes)), decipher.final()])
  } catch {
    return undefined // Node says no more than that the tag did not match
  }
}
