import type { TenantPolicy } from '../tenant/index.ts'

/** Whom passkeys are made for, and where they may be used (WebAuthn 5.1.2, 5.11). */
export interface RelyingParty {
  readonly rpId: string
  /** The pages that may ask for them, exactly as browsers spell origins. */
  readonly origins: readonly string[]
}

/** A tenant's relying party: the issuer's host, unless the tenant has one of its own. */
export function relyingPartyOf(
  { issuer }: { readonly issuer: string },
  { rpId, webauthnOrigins }: Pick<TenantPolicy, 'rpId' | 'webauthnOrigins'>,
): RelyingParty {
  const { hostname, origin } = new URL(issuer)
  return { rpId: rpId ?? hostname, origins: [origin, ...webauthnOrigins] }
}

/**
 * The signature algorithms that are offered and taken, the best first (RFC 9053, RFC 8812): EdDSA, ES256, and RS256,
 * which some TPMs have alone.
 */
export const offeredAlgorithms = [-8, -7, -257] as const

/** How long a browser may take for a ceremony, in milliseconds: as long as its challenge can be answered. */
export const ceremonyTimeout = 300_000
