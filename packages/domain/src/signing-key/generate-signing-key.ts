import { newId, type Clock } from '../kit/index.ts'
import {
  endorsementTyp,
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

type GenerateSigningKey = {
  readonly clock: Clock
  readonly deployment: Deployment
  readonly wrapping: Pick<KeyWrapping, 'wrap'>
  readonly endorser: AnchorSigner
}

/**
 * Makes a key: wraps its private half and has its public half endorsed. Nothing is stored; the private
 * key's plaintext is cleared before this returns.
 */
export async function generateSigningKey(
  deps: GenerateSigningKey,
  input: NewSigningKey,
): Promise<SigningKeyRow> {
  const now = deps.clock()
  const pair = await generateSigningKeyPair(input.alg)
  const publicJwk = requiredMembers(pair.publicKey.export({ format: 'jwk' }) as unknown as PublicJwk)
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
  const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' })
  try {
    return {
      ...identity,
      publicJwk,
      endorsement: await signAnchored(deps.endorser, endorsementTyp, endorsement),
      wrapped: await deps.wrapping.wrap(pkcs8, signingKeyAad(deps.deployment, identity)),
      state: 'pending',
      createdAt: now,
      publishedAt: null,
      activateAt: null,
      signUntil: new Date(endorsement.sign_until * 1000),
      verifyUntil: new Date(endorsement.verify_until * 1000),
    }
  } finally {
    pkcs8.fill(0)
  }
}
