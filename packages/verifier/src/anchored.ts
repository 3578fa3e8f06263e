import { calculateJwkThumbprint, compactVerify, EmbeddedJWK, type JWK } from 'jose'

/** More than any key set has, and what is looked at before anything is decoded. */
const longest = 1024 * 1024
const shape = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/

interface Header {
  readonly alg: string
  readonly typ: string
  readonly kid: string
  readonly jwk: JWK
}

/**
 * The payload of a compact JWS that carries its key, if that is one of those pinned and the signature holds. The issuer
 * writes four members into the header: with any other, with one twice, or in another spelling it is none of its own.
 * @param anchors thumbprints (RFC 7638).
 */
export async function readAnchored(
  jws: string,
  typ: string,
  anchors: readonly string[],
): Promise<object | undefined> {
  try {
    const header = headerOf(jws)
    if (header?.typ !== typ || !anchors.includes(header.kid)) return undefined
    if ((await calculateJwkThumbprint(header.jwk)) !== header.kid) return undefined
    const { payload } = await compactVerify(jws, EmbeddedJWK, { algorithms: ['ES256'] })
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? claims : undefined
  } catch {
    return undefined
  }
}

/** @throws where the header is no JSON. */
function headerOf(jws: string): Header | undefined {
  const parts = jws.length > longest ? null : shape.exec(jws)
  // The last character's spare bits must be zero: one document, one spelling.
  if (parts === null || !parts.slice(1).every(isCanonical)) return undefined
  const text = Buffer.from(parts[1] ?? '', 'base64url').toString()
  const { alg, typ, kid, jwk } = JSON.parse(text) as Header
  return JSON.stringify({ alg, typ, kid, jwk }) === text ? { alg, typ, kid, jwk } : undefined
}

/** Whether text is base64url in the one spelling that its bytes have. */
export function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}
