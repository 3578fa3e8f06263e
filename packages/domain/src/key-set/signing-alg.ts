import type { PublicJwk } from './thumbprint.ts'

/** The algorithms that tokens are signed with here, as JOSE names them (RFC 7518 3.1, RFC 8037 3.1). */
export const signingAlgs = ['ES256', 'RS256', 'EdDSA'] as const
export type SigningAlg = (typeof signingAlgs)[number]

/** 32 bytes in base64url. */
const thirtyTwoBytes = /^[A-Za-z0-9_-]{43}$/
/** 65537, the only exponent that is taken. */
const exponent = 'AQAB'
const leastModulusBits = 2048

/**
 * Whether a key is one for the algorithm that it is said to have: on P-256 for ES256, an RSA key of 2048 bits and more
 * with the exponent 65537 for RS256 (RFC 7518 3.3), Ed25519 for EdDSA. Nothing else that is said of it counts.
 */
export function isKeyFor(alg: unknown, jwk: PublicJwk): boolean {
  if (alg === 'ES256') return jwk.kty === 'EC' && jwk.crv === 'P-256' && areCoordinates(jwk.x, jwk.y)
  if (alg === 'EdDSA') return jwk.kty === 'OKP' && jwk.crv === 'Ed25519' && areCoordinates(jwk.x)
  return alg === 'RS256' && jwk.kty === 'RSA' && jwk.e === exponent && bitsOf(jwk.n) >= leastModulusBits
}

function areCoordinates(...values: unknown[]): boolean {
  return values.every((value) => typeof value === 'string' && thirtyTwoBytes.test(value))
}

/** How large a number is; 0 for what is none, or is written with a zero before it (RFC 7518 6.3.1.1). */
function bitsOf(text: unknown): number {
  if (typeof text !== 'string') return 0
  const bytes = Buffer.from(text, 'base64url')
  const [first] = bytes
  if (first === undefined || first === 0 || bytes.toString('base64url') !== text) return 0
  return (bytes.length - 1) * 8 + (32 - Math.clz32(first))
}
