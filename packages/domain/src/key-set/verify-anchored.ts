import { compactVerify, EmbeddedJWK } from 'jose'
import { thumbprint, type PublicJwk } from './thumbprint.ts'

/**
 * Verifies a compact JWS by one of the pinned anchors.
 * @param anchors thumbprints (RFC 7638) of the keys that may sign it.
 * @returns the payload's JSON object, or undefined when type, algorithm, anchor, signature or JSON is not right.
 */
export async function verifyAnchored(
  jws: string,
  { typ, anchors }: { typ: string; anchors: readonly string[] },
): Promise<Record<string, unknown> | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(jws, EmbeddedJWK, { algorithms: ['ES256'] })
    if (protectedHeader.typ !== typ || protectedHeader.kid === undefined) return undefined
    if (thumbprint(protectedHeader.jwk as PublicJwk) !== protectedHeader.kid) return undefined
    if (!anchors.includes(protectedHeader.kid)) return undefined
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    return isObject(claims) ? claims : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
