import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'

/** A key that tokens are verified by. It has one algorithm; a token cannot choose another. */
export interface VerifyingKey {
  readonly kid: string
  readonly alg: Algorithm
  readonly key: KeyObject
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** The algorithms that are known here, as tokens and keys name them. */
export const algorithms = ['ES256', 'RS256', 'EdDSA'] as const
export type Algorithm = (typeof algorithms)[number]

/** What a key set says, and until when it may say so, in milliseconds since the epoch. */
export interface ReadKeySet {
  readonly keys: readonly VerifyingKey[]
  readonly until: number
}

type PublishedKey = JsonWebKey & Readonly<Record<string, unknown>>

/** What only the holder of a private or shared key has (RFC 7518 6.2.2, 6.3.2, 6.4). A set with one is broken. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Reads the keys of a key set (RFC 7517 5). What cannot be used is left out, as that section asks: keys without a
 * name, a use or an algorithm that is known here, weak ones, and both of two that have one name.
 */
export function readKeys(
  published: readonly unknown[],
  until: (key: PublishedKey) => number,
): VerifyingKey[] {
  const keys = published.flatMap((key) => {
    if (typeof key !== 'object' || key === null) return []
    const read = readKey(key as PublishedKey, until(key as PublishedKey))
    return read === undefined ? [] : [read]
  })
  return keys.filter(({ kid }) => keys.filter((other) => other.kid === kid).length === 1)
}

function readKey(jwk: PublishedKey, until: number): VerifyingKey | undefined {
  const { kid, use } = jwk as { kid?: unknown; use?: unknown }
  if (typeof kid !== 'string' || kid.length > 256 || (use !== undefined && use !== 'sig')) return undefined
  if (privateMembers.some((member) => Object.hasOwn(jwk, member))) return undefined
  const alg = algorithmOf(jwk)
  if (alg === undefined) return undefined
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    return isStrong(key) ? { kid, alg, key, until } : undefined
  } catch {
    return undefined // no point of its curve, for one
  }
}

/** The one algorithm of a key: what it says, if a key of its kind can say so (RFC 7518 3.1, RFC 8037 3.1). */
function algorithmOf({ alg, kty, crv }: PublishedKey): Algorithm | undefined {
  if (alg === 'ES256' && kty === 'EC' && crv === 'P-256') return 'ES256'
  if (alg === 'RS256' && kty === 'RSA') return 'RS256'
  if (alg === 'EdDSA' && kty === 'OKP' && crv === 'Ed25519') return 'EdDSA'
  return undefined
}

function isStrong(key: KeyObject): boolean {
  const { modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {}
  if (modulusLength === undefined) return true
  return modulusLength >= 2048 && publicExponent === 65_537n
}
