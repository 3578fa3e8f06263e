import { inTenant, type Db } from '../db/index.ts'
import { Refusal, type Id } from '../kit/index.ts'
import { findUser, type User } from './queries.ts'

export type Profile = User

/** The user's own account. @throws Refusal `invalid_token` when the account is gone or not active any more. */
export async function readProfile(
  deps: { db: Db },
  { tenantId, userId }: { tenantId: Id<'ten'>; userId: Id<'usr'> },
): Promise<Profile> {
  const user = await inTenant(deps.db, { tenantId }, (tx) => findUser(tx, tenantId, userId))
  if (user === undefined || user.status !== 'active') throw new Refusal('invalid_token')
  return user
}
