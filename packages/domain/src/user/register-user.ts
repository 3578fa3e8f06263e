import { hashPassword, requireAcceptable, type Passwords } from '../credential/index.ts'
import { inTenant, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id, type RequestOrigin } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { findTenantPolicy } from '../tenant/index.ts'
import { createUser } from './create-user.ts'
import { normaliseEmail } from './normalise-email.ts'

export interface RegisterUser {
  readonly tenantId: Id<'ten'>
  readonly email: string
  readonly password: string
  readonly origin: RequestOrigin
}

/**
 * Makes a stranger an account, where the tenant lets strangers do so.
 *
 * A known address gets the same answer as an unknown one after the same hash, and nothing of the account there
 * changes. The database has less to write for it: whoever can time that may still learn who is registered.
 * @throws Refusal `registration_closed`, `password_unacceptable`, and `login_busy` when hashing is overloaded.
 */
export async function registerUser(
  deps: { db: Db; clock: Clock; secrets: SecretRings; passwords: Passwords },
  input: RegisterUser,
): Promise<void> {
  const { tenantId } = input
  const policy = await inTenant(deps.db, { tenantId }, (tx) => findTenantPolicy(tx, tenantId))
  if (policy === undefined) throw new Refusal('tenant_unknown')
  if (!policy.selfRegistration) throw new Refusal('registration_closed')
  requireAcceptable(input.password, policy)
  const password = await hashPassword(deps, { tenantId, password: input.password })
  await createUser(deps, { tenantId, email: normaliseEmail(input.email), password, origin: input.origin })
}
