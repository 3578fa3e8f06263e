import { inOneFlight, type Db } from '../db/index.ts'
import type { SigningAlg } from '../key-set/index.ts'
import type { OpaqueToken } from '../opaque-token/index.ts'
import type { Signer } from '../signing-key/index.ts'
import { foreseeRefresh } from './decide-refresh.ts'
import { mintForRefresh } from './mint-for-refresh.ts'

/**
 * Has the access token of a refresh signed before anything is consumed, where signing may fail: an outage of the signer
 * then costs a retry and no refresh token. The token waits among the signer's recent ones.
 * @returns the version of the claims that it was signed for; null where nothing is signed ahead.
 * @throws Refusal `temporarily_unavailable`, with nothing changed.
 */
export async function signAhead(
  deps: { readonly db: Db; readonly issuer: string },
  signers: ReadonlyMap<SigningAlg, Signer>,
  input: { readonly presented: OpaqueToken; readonly usualAlg: SigningAlg; readonly now: Date },
): Promise<number | null> {
  if (![...signers.values()].some(isScarce)) return null
  const { presented, usualAlg, now } = input
  const { tenantId, objectId: familyId } = presented
  const [[grant]] = await inOneFlight(deps.db, { tenantId }, [
    foreseeRefresh({ ...presented, familyId, usualAlg }),
  ])
  const signer = grant && signers.get(grant.alg)
  if (grant === undefined || signer === undefined || !isScarce(signer)) return null
  await mintForRefresh(deps, signer, { tenantId, grant, now })
  return grant.claimsVersion
}

function isScarce({ recentTokens }: Signer): boolean {
  return recentTokens !== undefined
}
