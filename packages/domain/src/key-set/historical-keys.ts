import { hash } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import { keySetTyp } from './build-key-set.ts'
import { readEndorsement, type EndorsedKey } from './endorsement.ts'
import type { ReadKeySet } from './read-key-set.ts'
import { signAnchored, type AnchorSigner } from './sign-anchored.ts'
import { thumbprint, type PublicJwk } from './thumbprint.ts'
import { verifyAnchored } from './verify-anchored.ts'

/** A key that signs nothing any more, as it stands among the historical keys. Times are seconds since the epoch. */
export type HistoricalKey = PublicJwk & {
  readonly kid: string
  readonly alg: string
  readonly use: 'sig'
  readonly iat?: number
  /** Nothing that it signed after this is its own. */
  readonly exp: number
  readonly revoked?: { readonly revoked_at: number; readonly reason: 'compromised' }
  /** Missing with anchors: the key set names those as retired. */
  readonly endorsement?: string
}

/** The claims of the historical keys (OpenID Federation 1.0, "Federation Historical Keys Response"). */
interface HistoricalClaims {
  readonly iss: string
  readonly iat: number
  readonly keys: readonly HistoricalKey[]
}

/** Signs the keys that have come to their end, so that what they signed in their time can be verified later. */
export async function signHistoricalKeys(
  publisher: AnchorSigner,
  { issuer, keys, now }: { issuer: string; keys: readonly HistoricalKey[]; now: Date },
): Promise<string> {
  const claims: HistoricalClaims = { iss: issuer, iat: Math.floor(now.getTime() / 1000), keys }
  return signAnchored(publisher, keySetTyp, claims)
}

/** Names a document in the key set: the key set vouches for this one and no other, older or newer. */
export function digestOf(document: string): string {
  return hash('sha256', document, 'base64url')
}

export type HistoryFault = 'not_named' | 'not_ours' | 'malformed' | 'not_endorsed'

export interface ReadHistory
  extends Pick<ReadKeySet, 'env' | 'issuer' | 'anchors' | 'retired' | 'endorsementAnchors'> {
  /** What the key set says that the document's digest is. */
  readonly digest: string | undefined
}

/**
 * Verifies the historical keys: the key set must name this very document, an anchor must have signed it, and every
 * key in it must be endorsed or be an anchor that has retired. @returns the keys, or why they are refused.
 */
export async function readHistoricalKeys(
  document: string,
  expected: ReadHistory,
): Promise<readonly HistoricalKey[] | HistoryFault> {
  if (digestOf(document) !== expected.digest) return 'not_named'
  const claims = await verifyAnchored(document, { typ: keySetTyp, anchors: expected.anchors })
  if (claims === undefined || claims['iss'] !== expected.issuer) return 'not_ours'
  if (!isHistory(claims)) return 'malformed'
  const hold = await Promise.all(claims.keys.map((key) => holds(key, expected)))
  return hold.every(Boolean) ? claims.keys : 'not_endorsed'
}

/** Neither a key set (it has parts) nor anything else that the same anchors sign. */
function isHistory(claims: Record<string, unknown>): claims is Record<string, unknown> & HistoricalClaims {
  const { iat, keys, parts } = claims
  if (!Number.isInteger(iat) || !Array.isArray(keys) || parts !== undefined) return false
  return keys.every(
    (key: Partial<HistoricalKey> | null) => typeof key?.kid === 'string' && Number.isInteger(key.exp),
  )
}

async function holds(key: HistoricalKey, expected: ReadHistory): Promise<boolean> {
  if (key.endorsement === undefined)
    return (expected.retired ?? []).includes(key.kid) && thumbprint(key) === key.kid
  const { env, issuer, endorsementAnchors: anchors } = expected
  const wanted = { env, issuer, anchors, scope: 'issuer' } as const
  const read = await Promise.all(
    (['token', 'status'] as const).map((purpose) =>
      readEndorsement(key as EndorsedKey, { ...wanted, purpose }),
    ),
  )
  return read.some((says) => says !== undefined && says.verify_until >= key.exp)
}

/** The anchor that signed a document, as its header has it. */
export function anchorKeyOf(document: string): { readonly kid: string; readonly jwk: PublicJwk } {
  const { kid = '', jwk } = decodeProtectedHeader(document)
  return { kid, jwk: jwk as PublicJwk }
}
