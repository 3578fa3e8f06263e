import { decodeGroups } from './base62.ts'
import { layout, tokenTypes, tokenVersion } from './layout.ts'
import type { OpaqueTokenType } from './mint-opaque-token.ts'

const tokenLength = 136

/**
 * The body and the tag that a text spells; undefined unless it has the length, the spelling and the marks of a token
 * of the wanted type. Whoever can write could have written it: only the tag tells who did.
 */
export function decodeOpaqueToken(
  type: OpaqueTokenType,
  text: string,
): { readonly body: Buffer; readonly tag: Buffer } | undefined {
  const { prefix, byte } = tokenTypes[type]
  if (text.length !== tokenLength || !text.startsWith(prefix)) return undefined
  const whole = decodeGroups(text.slice(prefix.length))
  if (whole === undefined) return undefined
  if (whole[layout.version] !== tokenVersion || whole[layout.type] !== byte || whole[layout.zero] !== 0)
    return undefined
  return { body: whole.subarray(0, layout.bodyLength), tag: whole.subarray(layout.bodyLength) }
}
