import { randomUUID } from 'node:crypto'
import { mintAccessToken } from '../access-token/index.ts'
import type { Id } from '../kit/index.ts'
import type { MintedToken, Signer } from '../signing-key/index.ts'
import { statusListUri } from '../status-list-token/index.ts'
import type { FamilyClaims } from './queries.ts'

export interface MintForGrant {
  readonly issuer: string
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly grantId: Id<'grt'>
  readonly clientId: Id<'cli'>
  readonly claims: FamilyClaims
  /** Counts the changes of the claims. */
  readonly claimsVersion: number
  readonly accessTokenSeconds: number
  readonly now: Date
  readonly endsAt: Date
}

/**
 * An access token for a grant. It never outlives the grant. Where signing is scarce, the same is given to who asks for
 * the very same within seconds.
 * @returns the token and its life in seconds.
 */
export async function mintForGrant(signer: Signer, grant: MintForGrant): Promise<MintedToken> {
  const { recentTokens } = signer
  if (recentTokens === undefined) return mint(signer, grant)
  return recentTokens.share(sameness(signer, grant), () => mint(signer, grant))
}

/** Everything that a token says but when it was issued: key, session, client, audience, scope, proof and state. */
function sameness({ kid }: Signer, grant: MintForGrant): string {
  const { issuer, tenantId, userId, grantId, clientId, claims, claimsVersion } = grant
  const life = [grant.accessTokenSeconds, grant.endsAt.getTime()]
  return JSON.stringify([kid, issuer, tenantId, userId, grantId, clientId, claims, claimsVersion, ...life])
}

async function mint(signer: Signer, grant: MintForGrant): Promise<MintedToken> {
  const { roles, status } = grant.claims
  const iat = Math.floor(grant.now.getTime() / 1000)
  const exp = Math.min(iat + grant.accessTokenSeconds, Math.floor(grant.endsAt.getTime() / 1000))
  const minted = mintAccessToken(signer, {
    iss: grant.issuer,
    sub: grant.userId,
    aud: grant.claims.aud,
    exp,
    iat,
    jti: randomUUID(),
    client_id: grant.clientId,
    scope: grant.claims.scope,
    sid: grant.grantId,
    tid: grant.tenantId,
    amr: grant.claims.amr,
    acr: grant.claims.acr,
    auth_time: grant.claims.auth_time,
    ...(roles === undefined ? {} : { roles }),
    ...(status === undefined ? {} : { status: statusOf(grant.issuer, status) }),
  })
  // Nothing is waited for where it was signed at once.
  const accessToken = typeof minted === 'string' ? minted : await minted
  return { accessToken, expiresIn: exp - iat }
}

function statusOf(issuer: string, { list, idx }: NonNullable<FamilyClaims['status']>) {
  return { status_list: { idx, uri: statusListUri(issuer, list) } }
}
