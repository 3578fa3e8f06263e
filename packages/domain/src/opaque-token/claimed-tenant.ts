import { ulidFromBytes, type Id } from '../kit/index.ts'
import { decodeOpaqueToken } from './decode-opaque-token.ts'
import { layout } from './layout.ts'
import type { OpaqueTokenType } from './mint-opaque-token.ts'

/**
 * The tenant that a token names, whoever made it: another region's tag cannot be checked here. Good for looking the
 * tenant's region up, which is public, and for nothing else.
 * @returns undefined for a text that is no token of the wanted type.
 */
export function claimedTenant(type: OpaqueTokenType, text: string): Id<'ten'> | undefined {
  const decoded = decodeOpaqueToken(type, text)
  if (decoded === undefined) return undefined
  return `ten_${ulidFromBytes(decoded.body.subarray(layout.tenant, layout.object))}`
}
