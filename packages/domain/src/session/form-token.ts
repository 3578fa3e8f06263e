import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** What a browser's forms are tied to: it follows from the secret in the browser's cookie, and opens nothing. */
export type FormKey = Buffer

const nonceLength = 16

/** The key that forms are tied to for whoever holds this secret. */
export function formKeyOf(secret: Buffer): FormKey {
  return createHmac('sha256', secret).update('iam/form/v1').digest()
}

/**
 * A token to stand in a form (NIST SP 800-63B-4 5.1, the verified session identifier of a POST). Another site
 * cannot know it, because it cannot read the cookie that it follows from. No two are alike, so that a compressed
 * page tells nothing of it.
 */
export function formTokenOf(key: FormKey): string {
  return spell(key, randomBytes(nonceLength))
}

/** Whether a form carries a token that was made for this key: in its one spelling, and compared in constant time. */
export function fitsFormToken(key: FormKey, token: string): boolean {
  const given = Buffer.from(token)
  const right = Buffer.from(spell(key, Buffer.from(token, 'base64url').subarray(0, nonceLength)))
  return given.length === right.length && timingSafeEqual(given, right)
}

function spell(key: FormKey, nonce: Buffer): string {
  const tag = createHmac('sha256', key).update(nonce).digest()
  return Buffer.concat([nonce, tag]).toString('base64url')
}
