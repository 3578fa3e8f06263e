import type { EndorsedKey } from './endorsement.ts'
import { providerMetadata, type ProviderMetadata } from './provider-metadata.ts'
import { signAnchored, type AnchorSigner } from './sign-anchored.ts'

export const keySetTyp = 'jwk-set+jwt'

export interface NextAnchor {
  readonly kid: string
  readonly spare: string
  /** Seconds since the epoch. */
  readonly from: number
}

/** The claims of the signed key set (OpenID Federation 1.0, `signed_jwks_uri`) with ours for order and freshness. */
export interface KeySetClaims {
  readonly iss: string
  readonly sub: string
  readonly iat: number
  readonly exp: number
  readonly version: number
  /** The version of each region's keys that went in: none may ever go back. */
  readonly parts: Readonly<Record<string, number>>
  readonly keys: readonly EndorsedKey[]
  /** The keys that sign status lists. Not among the others, by which a verifier would take a token. */
  readonly status_keys: readonly EndorsedKey[]
  /** Which of the kids above and below are this region's own, for the regions that merge it into theirs. */
  readonly part?: {
    readonly region: string
    readonly keys: readonly string[]
    readonly revoked: readonly string[]
  }
  /** Kids that were given up before their end: whoever keeps anything by key lets go of it, and takes none back. */
  readonly revoked: readonly string[]
  /** When another key is to sign, in seconds since the epoch: a hint to look again by then. */
  readonly next_rotation?: number
  /** The anchor that is to sign the set from a time on, and the one to be pinned beside it then. */
  readonly next_anchor?: NextAnchor
  /** Anchors that have signed and never will again: a set by one of them is refused from now on. */
  readonly retired_anchors?: readonly string[]
  /** The digest (SHA-256, base64url) of the historical keys that go with this set. */
  readonly history?: string
  readonly metadata: { readonly openid_provider: ProviderMetadata }
}

export interface BuildKeySet {
  readonly issuer: string
  readonly region: string
  readonly keys: readonly EndorsedKey[]
  readonly statusKeys?: readonly EndorsedKey[]
  readonly revoked?: readonly string[]
  /** The versions of the regions that went in, where there are others than this one. */
  readonly parts?: Readonly<Record<string, number>>
  readonly part?: KeySetClaims['part'] | undefined
  /** Seconds since the epoch. */
  readonly nextRotation?: number | undefined
  readonly nextAnchor?: NextAnchor | undefined
  readonly retiredAnchors?: readonly string[]
  readonly history?: string | undefined
  /** Milliseconds since the epoch, and more than any version before. */
  readonly version: number
  readonly now: Date
  /** How long the document may be served, in seconds. */
  readonly lifetime: number
}

/** Builds and signs the key set. Refuses an empty one: verifiers would then reject every token. */
export async function buildKeySet(
  publisher: AnchorSigner,
  input: BuildKeySet,
): Promise<{ readonly claims: KeySetClaims; readonly document: string }> {
  if (input.keys.length === 0) throw new Error('An empty key set is never published.')
  const iat = Math.floor(input.now.getTime() / 1000)
  const claims: KeySetClaims = {
    iss: input.issuer,
    sub: input.issuer,
    iat,
    exp: iat + input.lifetime,
    version: input.version,
    parts: input.parts ?? { [input.region]: input.version },
    keys: input.keys,
    status_keys: input.statusKeys ?? [],
    revoked: input.revoked ?? [],
    ...(input.part === undefined ? {} : { part: input.part }),
    ...(input.nextRotation === undefined ? {} : { next_rotation: input.nextRotation }),
    ...(input.nextAnchor === undefined ? {} : { next_anchor: input.nextAnchor }),
    ...(input.retiredAnchors?.length ? { retired_anchors: input.retiredAnchors } : {}),
    ...(input.history === undefined ? {} : { history: input.history }),
    metadata: { openid_provider: providerMetadata(input.issuer, input.keys, input.history !== undefined) },
  }
  return { claims, document: await signAnchored(publisher, keySetTyp, claims) }
}
