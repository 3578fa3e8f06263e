import { hash, type KeyObject } from 'node:crypto'
import { ulidBytes, ulidOf } from '../kit/index.ts'
import { encodeGroups } from './base62.ts'
import { layout, tagOf, tokenTypes, tokenVersion } from './layout.ts'

export type OpaqueTokenType = keyof typeof tokenTypes

export interface MintedToken {
  /** What the holder gets: shown once, never stored. */
  readonly token: string
  /** SHA-256 of the body: all that is stored. The secret has 256 bits, so no slower hash is needed. */
  readonly hash: Buffer
}

export interface MintOpaqueToken {
  readonly type: OpaqueTokenType
  readonly tenantId: string
  readonly objectId: string
  /** At most 2^32 - 1. */
  readonly generation: number
  /** 32 bytes from the system's generator. */
  readonly secret: Buffer
}

/** Spells an opaque token: it names its tenant and object, and carries a tag that shows we made it. */
export function mintOpaqueToken(
  tagKey: { version: number; key: KeyObject },
  input: MintOpaqueToken,
): MintedToken {
  const { prefix, byte } = tokenTypes[input.type]
  const whole = Buffer.alloc(layout.bodyLength + layout.tagLength)
  const body = whole.subarray(0, layout.bodyLength)
  body[layout.version] = tokenVersion
  body[layout.tagKey] = tagKey.version
  body[layout.type] = byte
  ulidBytes(ulidOf(input.tenantId)).copy(body, layout.tenant)
  ulidBytes(ulidOf(input.objectId)).copy(body, layout.object)
  body.writeUInt32BE(input.generation, layout.generation)
  input.secret.copy(body, layout.secret)
  tagOf(tagKey.key, prefix, body).copy(whole, layout.bodyLength)
  return { token: prefix + encodeGroups(whole), hash: hash('sha256', body, 'buffer') }
}
