import { calculateJwkThumbprint, compactVerify, EmbeddedJWK, type JWK } from 'jose'
import { strictHeader } from './strict-header.ts'

/**
 * The payload of a compact JWS that carries its key, if that is one of those pinned and the signature holds.
 * @param anchors thumbprints (RFC 7638).
 */
export async function readAnchored(
  jws: string,
  typ: string,
  anchors: readonly string[],
): Promise<object | undefined> {
  try {
    const header = strictHeader(jws, ['alg', 'typ', 'kid', 'jwk'])
    if (header?.typ !== typ || !anchors.some((kid) => kid === header.kid)) return undefined
    if ((await calculateJwkThumbprint(header.jwk as JWK)) !== header.kid) return undefined
    const { payload } = await compactVerify(jws, EmbeddedJWK, { algorithms: ['ES256'] })
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? claims : undefined
  } catch {
    return undefined
  }
}
