import { createHmac, type KeyObject } from 'node:crypto'

/** Byte offsets of the body: version 1, tag key 1, type 1, zero 1, tenant 16, object 16, generation 4, secret 32. */
export const layout = {
  version: 0,
  tagKey: 1,
  type: 2,
  zero: 3,
  tenant: 4,
  object: 20,
  generation: 36,
  secret: 40,
  bodyLength: 72,
  tagLength: 16,
} as const

export const tokenVersion = 1

/** What each prefix stands for; the type byte repeats it inside the tagged body. */
export const tokenTypes = {
  refresh: { prefix: 'mlr_', byte: 1, object: 'rft' },
  'one-time': { prefix: 'mlo_', byte: 2, object: 'otc' },
  session: { prefix: 'mlb_', byte: 3, object: 'ses' },
  form: { prefix: 'mlf_', byte: 4, object: 'frm' },
  'magic-link': { prefix: 'mll_', byte: 6, object: 'mgl' },
  'magic-request': { prefix: 'mlq_', byte: 7, object: 'mgl' },
  challenge: { prefix: 'mlc_', byte: 5, object: 'cha' },
} as const

/** The first 16 bytes of HMAC-SHA-256 over the prefix, a zero byte and the body. */
export function tagOf(tagKey: KeyObject, prefix: string, body: Buffer): Buffer {
  return createHmac('sha256', tagKey)
    .update(prefix)
    .update('\0')
    .update(body)
    .digest()
    .subarray(0, layout.tagLength)
}
