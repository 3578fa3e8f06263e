import { hash } from 'node:crypto'

/** A public EC key on P-256, with its required members only (RFC 7517, RFC 7518 6.2.1). */
export interface EcJwk {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
}

/** A public RSA key (RFC 7518 6.3.1). */
interface RsaJwk {
  readonly kty: 'RSA'
  readonly n: string
  readonly e: string
}

/** A public Ed25519 key (RFC 8037 2). */
interface OkpJwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
}

export type PublicJwk = EcJwk | RsaJwk | OkpJwk

/** A key's required members and no other, in lexicographic order. @throws for a key of another type. */
export function requiredMembers(jwk: PublicJwk): PublicJwk {
  switch (jwk.kty) {
    case 'EC':
      return { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y }
    case 'RSA':
      return { e: jwk.e, kty: jwk.kty, n: jwk.n }
    case 'OKP':
      return { crv: jwk.crv, kty: jwk.kty, x: jwk.x }
    default:
      throw new Error('A key must be of type EC, RSA or OKP.')
  }
}

/** The key's id: SHA-256 over its required members in lexicographic order (RFC 7638 3, RFC 8037 2). */
export function thumbprint(jwk: PublicJwk): string {
  return hash('sha256', JSON.stringify(requiredMembers(jwk)), 'base64url')
}
