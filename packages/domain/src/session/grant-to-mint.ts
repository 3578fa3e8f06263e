import { sql } from 'kysely'
import { build, inOneFlight, type Db } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { SigningAlg } from '../key-set/index.ts'
import type { SigningKeys } from '../signing-key/index.ts'
import { mintForGrant } from './mint-for-grant.ts'
import type { FamilyClaims } from './queries.ts'

/** What an access token of a grant is minted from. */
export interface RaisedGrant {
  readonly claims: FamilyClaims
  /** Counts the changes of the claims. */
  readonly claimsVersion: number
  readonly clientId: Id<'cli'>
  readonly accessTokenSeconds: number
  /** What its tokens are pinned to, if they are. */
  readonly accessTokenAlg: SigningAlg | null
  readonly endsAt: Date
}

interface GrantName {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly grantId: Id<'grt'>
}

/** A grant that stands, as it is now. */
export function grantOf({ tenantId, grantId }: Pick<GrantName, 'tenantId' | 'grantId'>) {
  return build
    .selectFrom('iam.refresh_family')
    .select(['claims', 'client_id as clientId', 'access_token_seconds as accessTokenSeconds'])
    .select(['claims_version as claimsVersion', 'ends_at as endsAt'])
    .select(sql`iam.token_alg(tenant_id, client_id, claims->>'aud')`.as('accessTokenAlg'))
    .where('tenant_id', '=', tenantId)
    .where('grant_id', '=', grantId)
    .where('revoked_at', 'is', null)
    .$castTo<RaisedGrant>()
    .compile()
}

/**
 * Has the token signed that a grant will give once its claims are changed, where signing may fail: so that an outage of
 * the signer uses up no proof. The token waits among the signer's recent ones. Does nothing where signing is in memory.
 * @throws Refusal `temporarily_unavailable`, with nothing changed.
 */
export async function signChangeAhead(
  deps: { readonly db: Db; readonly issuer: string; readonly signingKeys: SigningKeys },
  { tenantId, userId, grantId }: GrantName,
  { now, change }: { readonly now: Date; readonly change: (claims: FamilyClaims) => FamilyClaims },
): Promise<void> {
  const signers = deps.signingKeys.signers(now)
  if ([...signers.values()].every(({ recentTokens }) => recentTokens === undefined)) return
  const [[grant]] = await inOneFlight(deps.db, { tenantId }, [grantOf({ tenantId, grantId })])
  const signer = grant && signers.get(grant.accessTokenAlg ?? deps.signingKeys.usualAlg)
  if (grant === undefined || signer?.recentTokens === undefined) return
  const { issuer } = deps
  const changed = { claims: change(grant.claims), claimsVersion: grant.claimsVersion + 1 }
  await mintForGrant(signer, { ...grant, ...changed, issuer, tenantId, userId, grantId, now })
}
