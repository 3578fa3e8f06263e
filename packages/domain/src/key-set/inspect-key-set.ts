import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { KeySetClaims } from './build-key-set.ts'
import { readEndorsement, type Endorsement, type EndorsedKey } from './endorsement.ts'
import { readKeySet, type KeySetFault, type ReadKeySet } from './read-key-set.ts'

/** A key of a document as somebody who looks into it is told of it. Times are seconds since the epoch. */
export interface InspectedKey {
  readonly kid: string
  readonly alg: string
  readonly endorsed: boolean
  readonly purpose?: Endorsement['purpose']
  readonly signUntil?: number
  readonly verifyUntil?: number
  readonly revoked: boolean
}

/** What a document says that has its dates; anything else of it may be missing. */
type ReadableClaims = Partial<KeySetClaims> & Pick<KeySetClaims, 'iat' | 'exp'>

/** What there is to say of a signed key set, whether it is to be believed or not. */
export interface InspectedKeySet {
  /** Why verifiers refuse it; undefined when they take it. `expired` is refused as the signed document alone. */
  readonly fault: KeySetFault | 'expired' | undefined
  readonly anchor: { readonly kid: string | undefined; readonly pinned: boolean }
  readonly claims: ReadableClaims | undefined
  /** Seconds. */
  readonly age?: number
  readonly expiresIn?: number
  readonly keys: readonly InspectedKey[]
}

/** Looks into a signed key set by the same readers that verifiers use. Nothing in it is believed on its own word. */
export async function inspectKeySet(document: string, expected: ReadKeySet): Promise<InspectedKeySet> {
  const read = await readKeySet(document, expected)
  const { header, claims } = decoded(document)
  const kid = typeof header?.['kid'] === 'string' ? header['kid'] : undefined
  const anchor = { kid, pinned: kid !== undefined && expected.anchors.includes(kid) }
  const fault = typeof read === 'string' ? read : undefined
  if (claims === undefined) return { fault, anchor, claims, keys: [] }
  const now = Math.floor(expected.now.getTime() / 1000)
  const expired = claims.exp <= now ? ('expired' as const) : undefined
  const listed = [...listOf(claims.keys), ...listOf(claims.status_keys)]
  return {
    fault: fault ?? expired,
    anchor,
    claims,
    age: now - claims.iat,
    expiresIn: claims.exp - now,
    keys: await Promise.all(listed.map((key) => inspectKey(key, claims, expected))),
  }
}

/** The document may be anybody's. */
function listOf(keys: unknown): readonly EndorsedKey[] {
  return Array.isArray(keys) ? (keys as EndorsedKey[]) : []
}

async function inspectKey(
  key: EndorsedKey,
  claims: ReadableClaims,
  expected: ReadKeySet,
): Promise<InspectedKey> {
  const { env, issuer, endorsementAnchors: anchors } = expected
  const wanted = { env, issuer, anchors, scope: 'issuer' } as const
  const read = await Promise.all(
    (['token', 'status'] as const).map((purpose) => readEndorsement(key, { ...wanted, purpose })),
  )
  const says = read.find((endorsement) => endorsement !== undefined)
  const revoked = claims.revoked?.includes(key.kid) ?? false
  const common = { kid: key.kid, alg: key.alg, endorsed: says !== undefined, revoked }
  if (says === undefined) return common
  return { ...common, purpose: says.purpose, signUntil: says.sign_until, verifyUntil: says.verify_until }
}

function decoded(document: string) {
  try {
    const header: Readonly<Record<string, unknown>> = decodeProtectedHeader(document)
    const claims = decodeJwt(document) as unknown as ReadableClaims
    const isDated = Number.isSafeInteger(claims.iat) && Number.isSafeInteger(claims.exp)
    return { header, claims: isDated ? claims : undefined }
  } catch {
    return { header: undefined, claims: undefined }
  }
}
