import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import type { Cbor } from './cbor.ts'

export type Algorithm = 'EdDSA' | 'ES256' | 'RS256' | 'ES384'

/** The numbers of RFC 9053 and RFC 8812. */
export const coseNumbers: Readonly<Record<Algorithm, number>> = {
  EdDSA: -8,
  ES256: -7,
  RS256: -257,
  ES384: -35,
}

export interface KeyPair {
  readonly algorithm: Algorithm
  readonly privateKey: KeyObject
  readonly cose: ReadonlyMap<number, Cbor>
}

/** A fresh key pair, with its public half as COSE has it. */
export function newKeyPair(algorithm: Algorithm): KeyPair {
  const { privateKey, publicKey } = generate(algorithm)
  const jwk = publicKey.export({ format: 'jwk' }) as Record<'x' | 'y' | 'n' | 'e', string>
  const bytes = (name: 'x' | 'y' | 'n' | 'e') => Buffer.from(jwk[name], 'base64url')
  const common: [number, Cbor][] = [[3, coseNumbers[algorithm]]]
  const parts: Record<Algorithm, () => [number, Cbor][]> = {
    EdDSA: () => [[1, 1], ...common, [-1, 6], [-2, bytes('x')]],
    ES256: () => [[1, 2], ...common, [-1, 1], [-2, bytes('x')], [-3, bytes('y')]],
    ES384: () => [[1, 2], ...common, [-1, 2], [-2, bytes('x')], [-3, bytes('y')]],
    RS256: () => [[1, 3], ...common, [-1, bytes('n')], [-2, bytes('e')]],
  }
  return { algorithm, privateKey, cose: new Map(parts[algorithm]()) }
}

function generate(algorithm: Algorithm) {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  if (algorithm === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ec', { namedCurve: algorithm === 'ES256' ? 'P-256' : 'P-384' })
}

/** Signs as WebAuthn 6.5.5 has it: ECDSA in DER. */
export function signWith({ algorithm, privateKey }: KeyPair, data: Buffer): Buffer {
  const hash = { EdDSA: null, ES256: 'sha256', RS256: 'sha256', ES384: 'sha384' }[algorithm]
  return sign(hash, data, privateKey)
}
