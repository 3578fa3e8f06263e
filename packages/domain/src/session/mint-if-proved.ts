import { inOneFlight, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { requireSigner, type SigningKeys } from '../signing-key/index.ts'
import { stepUpSinceOf } from '../user/index.ts'
import { isTwiceProved } from './assurance.ts'
import { grantOf } from './grant-to-mint.ts'
import { mintForGrant } from './mint-for-grant.ts'
import type { RaisedSession } from './raise-session.ts'
import { isRecentlyAuthenticated } from './require-recent-authentication.ts'

/**
 * An access token of an open session whose person showed their second factor at most so many seconds ago, whatever the
 * token says that they have; undefined where they did not, or only before a theft.
 * @throws Refusal `session_ended`, `temporarily_unavailable` when no key can sign.
 */
export async function mintIfProved(
  deps: {
    readonly db: Db
    readonly clock: Clock
    readonly signingKeys: SigningKeys
    readonly issuer: string
  },
  session: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'>; readonly grantId: Id<'grt'> },
  maxAge: number,
): Promise<RaisedSession | undefined> {
  const { tenantId, userId } = session
  const [[grant], [person]] = await inOneFlight(deps.db, { tenantId }, [
    grantOf(session),
    stepUpSinceOf(tenantId, userId),
  ])
  if (grant === undefined) throw new Refusal('session_ended')
  const { amr, auth_time: authTime } = grant.claims
  const since = person?.stepUpSince?.getTime() ?? 0
  const isRecent = isRecentlyAuthenticated(deps, { authTime }, maxAge) && authTime * 1000 >= since
  if (!isRecent || !isTwiceProved(amr)) return undefined
  const now = deps.clock()
  const signer = requireSigner(deps.signingKeys, now, grant.accessTokenAlg)
  return mintForGrant(signer, { ...session, ...grant, issuer: deps.issuer, now })
}
