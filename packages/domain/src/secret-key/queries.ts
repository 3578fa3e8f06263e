import type { Executor } from '../db/index.ts'
import type { SecretPurpose } from './secret-purposes.ts'

export interface SecretKeyRow {
  readonly purpose: SecretPurpose
  readonly version: number
  readonly wrapped: Buffer
  readonly activateAt: Date
  readonly retireAt: Date | null
}

/** Every secret key there is, oldest version first. */
export async function listSecretKeys(db: Executor): Promise<SecretKeyRow[]> {
  const found = await db
    .selectFrom('iam.secret_key')
    .select(['purpose', 'version', 'wrapped', 'activate_at as activateAt', 'retire_at as retireAt'])
    .orderBy('purpose')
    .orderBy('version')
    .execute()
  return found as SecretKeyRow[]
}

/** @returns false when this version exists already: somebody else made it first. */
export async function insertSecretKey(
  db: Executor,
  row: Omit<SecretKeyRow, 'retireAt'>,
  now: Date,
): Promise<boolean> {
  const inserted = await db
    .insertInto('iam.secret_key')
    .values({
      purpose: row.purpose,
      version: row.version,
      wrapped: row.wrapped,
      created_at: now,
      activate_at: row.activateAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('version')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Sets when a version is destroyed, once another has taken over. */
export async function retireSecretKey(
  db: Executor,
  key: { purpose: SecretPurpose; version: number; retireAt: Date },
): Promise<void> {
  await db
    .updateTable('iam.secret_key')
    .set({ retire_at: key.retireAt })
    .where('purpose', '=', key.purpose)
    .where('version', '=', key.version)
    .where('retire_at', 'is', null)
    .execute()
}

/** Destroys a version: what it sealed can no longer be opened. */
export async function deleteSecretKey(
  db: Executor,
  key: { purpose: SecretPurpose; version: number },
): Promise<void> {
  await db
    .deleteFrom('iam.secret_key')
    .where('purpose', '=', key.purpose)
    .where('version', '=', key.version)
    .execute()
}
