import type { Challenge } from '../challenge/index.ts'
import { firstPartyClient } from '../client/index.ts'
import { inOneFlight, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import { forgetFailures, keepOrigin } from '../login-attempt/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { readTenantPolicy, tenantPolicyOf } from '../tenant/index.ts'
import { userById, userKeyOf } from '../user/index.ts'
import type { Authenticated } from './authenticated.ts'
import { deviceOfChallenge, loginOfChallenge } from './login-facts.ts'

/** A login that waits for its second step. */
export interface ResumedLogin {
  /** As it was when the first step was done; what has become of the account since then is looked up again. */
  readonly login: Authenticated
  /** What the person calls their device. */
  readonly device: string | undefined
}

/**
 * Takes a login up again where its challenge left it. Nothing is proved by that.
 * @throws Refusal `user_suspended`: who is told so has shown before that they know the password.
 */
export async function resumeLogin(
  deps: { readonly db: Db; readonly clock: Clock; readonly secrets: SecretRings },
  challenge: Challenge,
  origin: RequestOrigin,
): Promise<ResumedLogin> {
  const { tenantId } = challenge
  const userId = requireUserId(challenge)
  const [[user], [userKey], [client], [tenant]] = await inOneFlight(deps.db, { tenantId }, [
    userById(tenantId, userId),
    userKeyOf(tenantId, userId),
    firstPartyClient(tenantId),
    tenantPolicyOf(tenantId),
  ])
  if (user === undefined || client === undefined || tenant === undefined)
    throw new Refusal('challenge_invalid')
  if (user.status !== 'active') throw new Refusal('user_suspended')
  const before = loginOfChallenge(challenge)
  const also = [
    // Only who knew the password ends the row of wrong ones, or finds it switched on again.
    ...(before.amr.includes('pwd') ? [forgetFailures(tenantId, userId)] : []),
    keepOrigin(deps, { tenantId, email: user.email, userId, origin }),
  ]
  const policy = readTenantPolicy(tenant.policy)
  const login = { user, userKey, client, policy, ...before, also }
  return { login, device: deviceOfChallenge(deps, challenge, { userId, userKey }) }
}

/** Whom a challenge is about. @throws Refusal `challenge_invalid` for one that is about nobody yet. */
export function requireUserId({ userId }: Challenge): Id<'usr'> {
  if (userId === null) throw new Refusal('challenge_invalid')
  return userId
}
