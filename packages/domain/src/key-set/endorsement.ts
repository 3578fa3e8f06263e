import { isKeyFor, type SigningAlg } from './signing-alg.ts'
import { thumbprint, type PublicJwk } from './thumbprint.ts'
import { verifyAnchored } from './verify-anchored.ts'

export const endorsementTyp = 'iam-endorsement+jwt'

/** What a key signs: access tokens, or status lists. */
export type KeyPurpose = 'token' | 'status'

/**
 * What the endorsement key says of a signing key when it is generated: that it is ours, for what, and until
 * when. Who can write the database cannot make one, and so can cause refusal but never acceptance.
 */
export interface Endorsement {
  readonly v: 1
  readonly env: string
  readonly iss: string
  /** Whom the key signs for: `issuer`, or a tenant. */
  readonly scope: string
  readonly kid: string
  readonly jwk: PublicJwk
  readonly alg: SigningAlg
  readonly use: 'sig'
  readonly purpose: KeyPurpose
  /** Seconds since the epoch, as the three below. */
  readonly created: number
  readonly sign_until: number
  readonly verify_until: number
}

/** A public key as it stands in a key set, with its endorsement beside it. */
export type EndorsedKey = PublicJwk & {
  readonly kid: string
  readonly alg: SigningAlg
  readonly use: 'sig'
  readonly endorsement: string
}

export interface ReadEndorsement {
  readonly env: string
  readonly issuer: string
  /** What the key is to be used for here: an endorsement for anything else does not hold. */
  readonly scope: string
  readonly purpose: KeyPurpose
  /** Thumbprints of the endorsement keys. */
  readonly anchors: readonly string[]
}

/**
 * Reads a key's endorsement.
 * @returns undefined when it is not by an anchor, says anything else than the key does, or names an algorithm that is
 *   not the key's own.
 */
export async function readEndorsement(
  key: EndorsedKey,
  expected: ReadEndorsement,
): Promise<Endorsement | undefined> {
  const claims = await verifyAnchored(key.endorsement, { typ: endorsementTyp, anchors: expected.anchors })
  const says = claims as Endorsement | undefined
  if (says === undefined || says.v !== 1 || says.env !== expected.env || says.iss !== expected.issuer)
    return undefined
  if (says.scope !== expected.scope || says.purpose !== expected.purpose) return undefined
  if (says.alg !== key.alg || says.use !== key.use) return undefined
  if (says.kid !== key.kid || !isTheKey(key, says.jwk) || !isTheKey(key, key)) return undefined
  return Number.isInteger(says.verify_until) && Number.isInteger(says.sign_until) ? says : undefined
}

/** Whether a key has the id and is for the algorithm that the published one has. */
function isTheKey({ kid, alg }: EndorsedKey, jwk: PublicJwk): boolean {
  return isKeyFor(alg, jwk) && thumbprint(jwk) === kid
}
