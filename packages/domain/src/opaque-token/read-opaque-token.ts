import { hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import { ulidFromBytes, type Id } from '../kit/index.ts'
import { decodeOpaqueToken } from './decode-opaque-token.ts'
import { layout, tagOf, tokenTypes } from './layout.ts'
import type { OpaqueTokenType } from './mint-opaque-token.ts'

/** A token whose tag is ours: tenant, object and generation are as we wrote them. It grants nothing by itself. */
export interface OpaqueToken {
  readonly tenantId: Id<'ten'>
  readonly objectId: string
  readonly generation: number
  readonly secret: Buffer
  /** SHA-256 of the body, to compare with what is stored. */
  readonly hash: Buffer
}

/**
 * Reads an opaque token of the wanted type. The tag is checked before anything is done with it, in constant time.
 * @returns undefined for any other text: wrong length or spelling, another type, or a tag that is not ours.
 */
export function readOpaqueToken(
  tagKeys: { byVersion(version: number): KeyObject | undefined },
  type: OpaqueTokenType,
  text: string,
): OpaqueToken | undefined {
  const decoded = decodeOpaqueToken(type, text)
  if (decoded === undefined) return undefined
  const { body, tag } = decoded
  const { prefix, object } = tokenTypes[type]
  const tagKey = tagKeys.byVersion(body[layout.tagKey] ?? 0)
  if (tagKey === undefined || !timingSafeEqual(tagOf(tagKey, prefix, body), tag)) return undefined
  return {
    tenantId: `ten_${ulidFromBytes(body.subarray(layout.tenant, layout.object))}`,
    objectId: `${object}_${ulidFromBytes(body.subarray(layout.object, layout.generation))}`,
    generation: body.readUInt32BE(layout.generation),
    secret: body.subarray(layout.secret),
    hash: hash('sha256', body, 'buffer'),
  }
}
