import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

/** A private key as versions keep it: PKCS #8 in base64. */
export function materialOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'der' }).toString('base64')
}

/** The private key that `materialOf` kept. */
export function privateKey(material: string): KeyObject {
  return createPrivateKey({ key: Buffer.from(material, 'base64'), type: 'pkcs8', format: 'der' })
}

/** Its public half, as the service gives it. */
export function publicKeyPem(material: string): string {
  return createPublicKey(privateKey(material)).export({ type: 'spki', format: 'pem' }).toString()
}
