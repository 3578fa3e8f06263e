import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { isKeyFor, signingAlgs, thumbprint, type PublicJwk, type SigningAlg } from './index.ts'

const rsa = (modulusLength: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).publicKey
const ours: Record<SigningAlg, PublicJwk> = {
  ES256: jwkOf(ec('P-256')),
  RS256: jwkOf(rsa(2048)),
  EdDSA: jwkOf(generateKeyPairSync('ed25519').publicKey),
}

function jwkOf(key: KeyObject): PublicJwk {
  return key.export({ format: 'jwk' }) as unknown as PublicJwk
}

describe('thumbprint', () => {
  test.each(signingAlgs)('is what others make of a key for %s (RFC 7638, RFC 8037)', async (alg) => {
    expect(thumbprint(ours[alg])).toBe(await calculateJwkThumbprint(ours[alg] as JWK))
  })

  test('is that of the example in RFC 7638 3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
    expect(thumbprint({ kty: 'RSA', n, e: 'AQAB' })).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
  })

  test('looks at the required members alone, and refuses a key of another type', () => {
    const more = { ...ours.EdDSA, y: 'y', n: 'n', kid: 'another', alg: 'ES256' }
    expect(thumbprint(more)).toBe(thumbprint(ours.EdDSA))
    expect(() => thumbprint({ kty: 'oct', k: 'AA' } as unknown as PublicJwk)).toThrow('EC, RSA or OKP')
  })
})

describe('isKeyFor', () => {
  test('C1: takes each algorithm with a key of its own and no other', () => {
    for (const alg of [...signingAlgs, 'none', 'HS256', 'PS256', 'ES384', 'Ed25519', 'es256', '', undefined])
      for (const kind of signingAlgs) expect(isKeyFor(alg, ours[kind]), `${alg} ${kind}`).toBe(alg === kind)
  })

  test.each<[string, SigningAlg, JsonWebKey | object]>([
    ['an RSA key of 1024 bits', 'RS256', jwkOf(rsa(1024))],
    ['an RSA key of 2047 bits', 'RS256', { ...ours.RS256, n: `fw${'A'.repeat(340)}` }],
    ['an RSA key with the exponent 3', 'RS256', jwkOf(rsa(2048, 3))],
    ['an RSA key with a zero before its modulus', 'RS256', { ...ours.RS256, n: `AA${'AAAA'.repeat(100)}` }],
    ['an RSA key without a modulus', 'RS256', { kty: 'RSA', e: 'AQAB' }],
    ['a key on P-384', 'ES256', jwkOf(ec('P-384'))],
    ['a key on secp256k1', 'ES256', jwkOf(ec('secp256k1'))],
    ['a key of Ed448', 'EdDSA', jwkOf(generateKeyPairSync('ed448').publicKey)],
    ['a key of X25519', 'EdDSA', jwkOf(generateKeyPairSync('x25519').publicKey)],
    ['an EC key without y', 'ES256', { ...ours.ES256, y: undefined }],
    ['a key whose x is short', 'EdDSA', { ...ours.EdDSA, x: 'AA' }],
    ['a shared secret', 'ES256', { kty: 'oct', k: 'AA' }],
  ])('refuses %s', (_what, alg, jwk) => {
    expect(isKeyFor(alg, jwk as PublicJwk)).toBe(false)
  })
})
