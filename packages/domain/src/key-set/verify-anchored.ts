import { compactVerify, EmbeddedJWK } from 'jose'
import { strictHeader } from './strict-header.ts'
import { thumbprint, type PublicJwk } from './thumbprint.ts'

/**
 * Verifies a compact JWS by one of the pinned anchors, as `signAnchored` writes it and in no other spelling: a header
 * with anything else in it (`crit`, `jku`, `x5c`, `b64`) is none of ours.
 * @param anchors thumbprints (RFC 7638) of the keys that may sign it.
 * @returns the payload's JSON object, or undefined when type, algorithm, anchor, signature or JSON is not right.
 */
export async function verifyAnchored(
  jws: string,
  { typ, anchors }: { typ: string; anchors: readonly string[] },
): Promise<Record<string, unknown> | undefined> {
  try {
    const header = strictHeader(jws, ['alg', 'typ', 'kid', 'jwk'])
    if (header?.typ !== typ || !anchors.some((kid) => kid === header.kid)) return undefined
    if (thumbprint(header.jwk as PublicJwk) !== header.kid) return undefined
    const { payload } = await compactVerify(jws, EmbeddedJWK, { algorithms: ['ES256'] })
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    return isObject(claims) ? claims : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
