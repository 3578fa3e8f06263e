import type { SigningAlg } from '../key-set/index.ts'
import { Refusal } from '../kit/index.ts'
import type { Signer, SigningKeys } from './signing-keys.ts'

/**
 * What signs access tokens at `now`.
 * @param alg what they are pinned to; null for the usual algorithm.
 * @throws Refusal `temporarily_unavailable` when no key of that line can sign.
 */
export function requireSigner(signingKeys: SigningKeys, now: Date, alg: SigningAlg | null): Signer {
  const signer = signingKeys.signer(now, alg)
  if (signer === undefined) throw new Refusal('temporarily_unavailable', { retryAfter: 1 })
  return signer
}
