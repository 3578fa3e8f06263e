import type { Id } from '../kit/index.ts'
import type { MintedToken, Signer } from '../signing-key/index.ts'
import { unproved } from './assurance.ts'
import type { RefreshedGrant } from './decide-refresh.ts'
import { mintForGrant } from './mint-for-grant.ts'

/** The access token that a refresh gives: one that has to be proved anew says so. */
export function mintForRefresh(
  { issuer }: { readonly issuer: string },
  signer: Signer,
  input: { readonly tenantId: Id<'ten'>; readonly grant: RefreshedGrant; readonly now: Date },
): Promise<MintedToken> {
  const { tenantId, grant, now } = input
  const { mustStepUp, endsAt, ...minted } = grant
  const claims = mustStepUp ? { ...grant.claims, acr: unproved } : grant.claims
  return mintForGrant(signer, { ...minted, claims, issuer, tenantId, now, endsAt: new Date(endsAt) })
}
