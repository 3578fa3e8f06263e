import { build, type Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { StoredPassword } from './passwords.ts'

/** A user's stored password. Asked with an id that nobody has, it is the same statement with no row. */
export function credentialOf(tenantId: Id<'ten'>, userId: string) {
  return build
    .selectFrom('iam.credential')
    .select(['hash', 'pepper_version as pepperVersion'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .$castTo<StoredPassword>()
    .compile()
}

/** Stores a new user's password. */
export async function insertCredential(
  db: Executor,
  credential: { tenantId: Id<'ten'>; userId: Id<'usr'>; password: StoredPassword },
  now: Date,
): Promise<void> {
  await db
    .insertInto('iam.credential')
    .values({
      tenant_id: credential.tenantId,
      user_id: credential.userId,
      hash: credential.password.hash,
      pepper_version: credential.password.pepperVersion,
      changed_at: now,
    })
    .execute()
}

/** Puts another password in the place of the old one, or the first where there was none. */
export async function replaceCredential(
  db: Executor,
  credential: { tenantId: Id<'ten'>; userId: string; password: StoredPassword },
  now: Date,
): Promise<void> {
  const stored = {
    hash: credential.password.hash,
    pepper_version: credential.password.pepperVersion,
    changed_at: now,
  }
  await db
    .insertInto('iam.credential')
    .values({ tenant_id: credential.tenantId, user_id: credential.userId, ...stored })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'user_id']).doUpdateSet(stored))
    .execute()
}
