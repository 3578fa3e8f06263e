import { isCanonical } from './strict-header.ts'
import { TokenRefused } from './refusals.ts'
import { algorithms, type Algorithm } from './verifying-key.ts'

/** A token's header, read strictly before anything is done with it. */
export interface TokenHeader {
  readonly typ: 'at+jwt'
  readonly alg: Algorithm
  readonly kid: string
}

const longest = 8192
const shape = /^([A-Za-z0-9_-]{1,1024})\.([A-Za-z0-9_-]{1,6144})\.([A-Za-z0-9_-]{1,1024})$/

/**
 * Reads the header of a compact JWS (RFC 7515 7.1). Length and shape come first, so that nothing large is decoded.
 * The issuer writes three members; a header with any other (`crit`, `jku`, `jwk`, `x5c`, `b64`, `zip`), with one
 * twice, or in another spelling is none of its own.
 * @throws TokenRefused
 */
export function readHeader(token: string): TokenHeader {
  const parts = token.length > longest ? null : shape.exec(token)
  if (parts === null) throw new TokenRefused('malformed')
  // The last character's spare bits must be zero: one token, one spelling.
  if (!parts.slice(1).every(isCanonical)) throw new TokenRefused('malformed')
  const text = Buffer.from(parts[1] ?? '', 'base64url').toString()
  const header = objectOf(text)
  const { typ, alg, kid, ...others } = header
  if (typ !== 'at+jwt' || !isAlgorithm(alg) || typeof kid !== 'string' || Object.keys(others).length > 0)
    throw new TokenRefused('wrong_header')
  if (JSON.stringify(header) !== text) throw new TokenRefused('wrong_header')
  return { typ, alg, kid }
}

function isAlgorithm(alg: unknown): alg is Algorithm {
  return algorithms.some((known) => known === alg)
}

/** @throws TokenRefused where the text is no JSON object. */
export function objectOf(text: string): Record<string, unknown> {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TokenRefused('malformed')
  return value as Record<string, unknown>
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new TokenRefused('malformed')
  }
}
