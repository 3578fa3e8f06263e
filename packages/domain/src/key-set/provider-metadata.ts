import type { EndorsedKey } from './endorsement.ts'
import { signingAlgs } from './signing-alg.ts'

/** What discovery says (OpenID Connect Discovery 1.0, RFC 8414): only what is there. */
export interface ProviderMetadata {
  readonly issuer: string
  readonly jwks_uri: string
  /** OpenID Federation 1.0: the key set signed by a key that is not in it. */
  readonly signed_jwks_uri: string
  /** OpenID Federation 1.0: the keys that have come to their end, for what they signed in their time. */
  readonly federation_historical_keys_endpoint?: string
  readonly response_types_supported: readonly string[]
  readonly subject_types_supported: readonly string[]
  readonly id_token_signing_alg_values_supported: readonly string[]
}

/** Discovery for an issuer with these keys. It is signed together with the keys, so iam-jwks serves no word of its own. */
export function providerMetadata(
  issuer: string,
  keys: readonly Pick<EndorsedKey, 'alg'>[],
  hasHistory = false,
): ProviderMetadata {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    signed_jwks_uri: `${issuer}/.well-known/jwks.jwt`,
    ...(hasHistory
      ? { federation_historical_keys_endpoint: `${issuer}/.well-known/historical-keys.jwt` }
      : {}),
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: signingAlgs.filter((alg) => keys.some((key) => key.alg === alg)),
  }
}
