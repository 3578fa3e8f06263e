import { sql } from 'kysely'
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

/** The same, and the database's time of the reading. */
export async function readSecretKeys(db: Executor): Promise<{ rows: SecretKeyRow[]; databaseTime: Date }> {
  const rows = await listSecretKeys(db)
  const time = await db.selectNoFrom(sql<Date>`iam.now()`.as('time')).executeTakeFirstOrThrow()
  return { rows, databaseTime: time.time }
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

/** Sets when a version is destroyed, once another has taken over. @returns false when that is set already. */
export async function retireSecretKey(
  db: Executor,
  key: { purpose: SecretPurpose; version: number; retireAt: Date },
): Promise<boolean> {
  const retired = await db
    .updateTable('iam.secret_key')
    .set({ retire_at: key.retireAt })
    .where('purpose', '=', key.purpose)
    .where('version', '=', key.version)
    .where('retire_at', 'is', null)
    .returning('version')
    .executeTakeFirst()
  return retired !== undefined
}

/** Destroys a version: what it sealed can no longer be opened. @returns false when it is gone already. */
export async function deleteSecretKey(
  db: Executor,
  key: { purpose: SecretPurpose; version: number },
): Promise<boolean> {
  const deleted = await db
    .deleteFrom('iam.secret_key')
    .where('purpose', '=', key.purpose)
    .where('version', '=', key.version)
    .returning('version')
    .executeTakeFirst()
  return deleted !== undefined
}
