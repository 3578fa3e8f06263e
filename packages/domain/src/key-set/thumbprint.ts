import { hash } from 'node:crypto'

/** A public EC key on P-256, with its required members only (RFC 7517, RFC 7518 6.2.1). */
export interface PublicJwk {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
}

/** The key's id: SHA-256 over its required members in lexicographic order (RFC 7638). */
export function thumbprint(jwk: PublicJwk): string {
  return hash('sha256', JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }), 'base64url')
}
