import { compactVerify, EmbeddedJWK } from 'jose'
import { thumbprint, type EcJwk } from './thumbprint.ts'

/** More than any key set has, and what is looked at before anything is decoded. */
const longest = 1024 * 1024
const shape = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/

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
    const header = headerOf(jws)
    if (header?.typ !== typ || !anchors.includes(header.kid)) return undefined
    if (thumbprint(header.jwk) !== header.kid) return undefined
    const { payload } = await compactVerify(jws, EmbeddedJWK, { algorithms: ['ES256'] })
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    return isObject(claims) ? claims : undefined
  } catch {
    return undefined
  }
}

type Header = { readonly alg: 'ES256'; readonly typ: string; readonly kid: string; readonly jwk: EcJwk }

/** @throws where the header is no JSON. */
function headerOf(jws: unknown): Header | undefined {
  const parts = typeof jws !== 'string' || jws.length > longest ? null : shape.exec(jws)
  // The last character's spare bits must be zero: one document, one spelling.
  if (parts === null || !parts.slice(1).every(isCanonical)) return undefined
  const text = Buffer.from(parts[1] ?? '', 'base64url').toString()
  const { alg, typ, kid, jwk } = JSON.parse(text) as Header
  return JSON.stringify({ alg, typ, kid, jwk }) === text ? { alg, typ, kid, jwk } : undefined
}

function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
