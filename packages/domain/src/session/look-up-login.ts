import { firstPartyClient } from '../client/index.ts'
import { inOneFlight, type Db } from '../db/index.ts'
import { Refusal, type Clock } from '../kit/index.ts'
import { knownDevice } from '../login-attempt/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { readTenantPolicy, tenantPolicyOf } from '../tenant/index.ts'
import { userById, userKeyOf, type User } from '../user/index.ts'
import type { Authenticated } from './authenticated.ts'
import { sessionsBefore, type PersonAt } from './known-device.ts'

/** What a login is made of besides what was proved. */
export type LoginOf = Pick<
  Authenticated,
  'userKey' | 'client' | 'policy' | 'isNewDevice' | 'isKnownDevice'
> & {
  /** In whatever state the account is; undefined when there is none. */
  readonly user: User | undefined
}

/**
 * Looks up what a login of a person takes, whatever they are to prove who they are by. Proves nothing. One flight.
 * @param person with what their browser keeps to be known again: see `rememberDevice`.
 */
export async function lookUpLogin(
  deps: { readonly db: Db; readonly clock: Clock; readonly secrets: SecretRings },
  person: PersonAt & { readonly knownBy: string | undefined },
): Promise<LoginOf> {
  const { tenantId, userId, knownBy } = person
  const [[user], [userKey], [client], [tenant], [before]] = await inOneFlight(deps.db, { tenantId }, [
    userById(tenantId, userId),
    userKeyOf(tenantId, userId),
    firstPartyClient(tenantId),
    tenantPolicyOf(tenantId),
    sessionsBefore(deps, person),
  ])
  if (client === undefined || tenant === undefined) throw new Refusal('tenant_unknown')
  const policy = readTenantPolicy(tenant.policy)
  const isKnownDevice = user !== undefined && knownDevice(deps, user, knownBy) !== undefined
  const isNewDevice = before?.here === false && !isKnownDevice
  return { user, userKey, client, policy, isNewDevice, isKnownDevice }
}
