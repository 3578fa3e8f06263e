import type { KeyObject } from 'node:crypto'
import { newId, type Clock } from '../kit/index.ts'
import {
  endorsementTyp,
  isKeyFor,
  requiredMembers,
  signAnchored,
  thumbprint,
  type AnchorSigner,
  type Endorsement,
  type KeyPurpose,
  type PublicJwk,
  type SigningAlg,
} from '../key-set/index.ts'
import type { Deployment, KeyWrapping } from '../secret-key/index.ts'
import { generateSigningKeyPair } from './generate-key-pair.ts'
import { signingKeyAad } from './key-aad.ts'
import type { SigningKeyRow } from './queries.ts'

export interface NewSigningKey {
  readonly scope: string
  readonly purpose: KeyPurpose
  readonly alg: SigningAlg
  /** Seconds from now in which the key may sign, and then still verifies. */
  readonly signFor: number
  readonly verifyAfter: number
}

export type EndorseSigningKey = {
  readonly clock: Clock
  readonly deployment: Deployment
  readonly endorser: AnchorSigner
}

type GenerateSigningKey = EndorseSigningKey & { readonly wrapping: Pick<KeyWrapping, 'wrap'> }

/**
 * Makes a key: wraps its private half and has its public half endorsed. Nothing is stored; the private
 * key's plaintext is cleared before this returns.
 */
export async function generateSigningKey(
  deps: GenerateSigningKey,
  input: NewSigningKey,
): Promise<SigningKeyRow> {
  const pair = await generateSigningKeyPair(input.alg)
  const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' })
  try {
    const key = await endorseSigningKey(deps, input, pair.publicKey)
    const wrapped = await deps.wrapping.wrap(pkcs8, signingKeyAad(deps.deployment, key))
    return { ...key, custody: 'wrapped', wrapped, kmsVersion: null }
  } finally {
    pkcs8.fill(0)
  }
}

type EndorsedHalf = Omit<SigningKeyRow, 'custody' | 'wrapped' | 'kmsVersion'>

/**
 * Has the public half of a new key endorsed, wherever its private half is.
 * @throws when the key is none for the algorithm.
 */
export async function endorseSigningKey(
  deps: EndorseSigningKey,
  input: NewSigningKey,
  publicKey: KeyObject,
): Promise<EndorsedHalf> {
  const now = deps.clock()
  const publicJwk = requiredMembers(publicKey.export({ format: 'jwk' }) as unknown as PublicJwk)
  if (!isKeyFor(input.alg, publicJwk)) throw new Error(`A key that is not for ${input.alg} is not endorsed.`)
  const created = Math.floor(now.getTime() / 1000)
  const identity = {
    id: newId('sgk', now),
    scope: input.scope,
    purpose: input.purpose,
    alg: input.alg,
    kid: thumbprint(publicJwk),
  }
  const endorsement: Endorsement = {
    v: 1,
    env: deps.deployment.env,
    iss: deps.deployment.issuer,
    scope: identity.scope,
    kid: identity.kid,
    jwk: publicJwk,
    alg: identity.alg,
    use: 'sig',
    purpose: identity.purpose,
    created,
    sign_until: created + input.signFor,
    verify_until: created + input.signFor + input.verifyAfter,
  }
  return {
    ...identity,
    publicJwk,
    endorsement: await signAnchored(deps.endorser, endorsementTyp, endorsement),
    state: 'pending',
    createdAt: now,
    publishedAt: null,
    activateAt: null,
    signUntil: new Date(endorsement.sign_until * 1000),
    verifyUntil: new Date(endorsement.verify_until * 1000),
  }
}
