import { generateKeyPairSync, hash, sign, type JsonWebKey, type KeyObject } from 'node:crypto'
import { endorsementTyp, signAnchored, type AnchorSigner, type Endorsement } from '@iam/domain/key-set'

type Algorithm = 'ES256' | 'RS256' | 'EdDSA'

const requiredMembers = {
  ES256: ['crv', 'kty', 'x', 'y'],
  RS256: ['e', 'kty', 'n'],
  EdDSA: ['crv', 'kty', 'x'],
}

/** How a token is to differ from a good one. A member that is undefined is left out. */
export interface Minting {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  /** The header as it is to stand there, instead of what the members above make. */
  readonly rawHeader?: string
  /** Writes the payload; JSON when nothing is said. */
  readonly payload?: (claims: Readonly<Record<string, unknown>>) => string | Buffer
  readonly signature?: (input: string) => Buffer
}

/** A key that an issuer signs with, and what can be made of it, good and bad. */
export class IssuerKey {
  readonly alg: Algorithm
  readonly kid: string
  readonly privateKey: KeyObject
  /** As it stands in a key set. */
  readonly jwk: JsonWebKey & Record<string, unknown>

  constructor(alg: Algorithm = 'ES256') {
    const { privateKey, publicKey } = pairOf(alg)
    const members = publicKey.export({ format: 'jwk' }) as Record<string, unknown>
    const required = Object.fromEntries(requiredMembers[alg].map((name) => [name, members[name]]))
    this.alg = alg
    this.kid = hash('sha256', JSON.stringify(required), 'base64url')
    this.privateKey = privateKey
    this.jwk = { ...members, kid: this.kid, alg, use: 'sig' }
  }

  /** The key with its endorsement beside it. */
  async endorsed(
    by: AnchorSigner,
    says: { env: string; iss: string; verify_until: number } & Partial<Endorsement>,
  ) {
    const { kid, alg } = this
    const claims = { v: 1, scope: 'issuer', kid, jwk: this.jwk, alg, use: 'sig', purpose: 'token', ...says }
    return { ...this.jwk, endorsement: await signAnchored(by, endorsementTyp, claims) }
  }

  /** A compact JWS. @param claims those of a good token. */
  mint(claims: Readonly<Record<string, unknown>>, minting: Minting = {}): string {
    const header = { alg: this.alg, typ: 'at+jwt', kid: this.kid, ...minting.header }
    const write = minting.payload ?? JSON.stringify
    const parts = [minting.rawHeader ?? JSON.stringify(header), write({ ...claims, ...minting.claims })]
    const input = parts.map((part) => Buffer.from(part).toString('base64url')).join('.')
    const signature = (minting.signature ?? ((bytes) => this.sign(bytes)))(input)
    return `${input}.${signature.toString('base64url')}`
  }

  /** A signature as JWS has it (RFC 7518 3.1). */
  sign(input: string): Buffer {
    const digest = this.alg === 'EdDSA' ? null : 'sha256'
    return sign(digest, Buffer.from(input), { key: this.privateKey, dsaEncoding: 'ieee-p1363' })
  }
}

function pairOf(alg: Algorithm) {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519')
  if (alg === 'RS256') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}
