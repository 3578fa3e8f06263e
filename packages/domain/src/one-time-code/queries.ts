import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { OneTimeCode } from './one-time-code.ts'
import type { OneTimePurpose } from './purposes.ts'

/** How often digits may be guessed at before the code is void. */
const mostGuesses = 5

/**
 * Stores a code, and voids older ones for the same purpose of the same person. The way back from each change of
 * address stays: a thief who changes it twice must not take the first one, to its owner's address, away.
 * @returns false when it is there already: a mail is being sent again.
 */
export async function insertOneTimeCode(db: Executor, code: OneTimeCode): Promise<boolean> {
  const inserted = await db
    .insertInto('iam.one_time_code')
    .values({
      tenant_id: code.tenantId,
      id: code.id,
      user_id: code.userId,
      purpose: code.purpose,
      key_version: code.keyVersion,
      subject: code.sealedSubject?.sealed,
      subject_key_version: code.sealedSubject?.dataKeyVersion,
      created_at: code.createdAt,
      expires_at: code.expiresAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (inserted === undefined) return false
  if (code.purpose !== 'undo_email_change')
    await voidOneTimeCodes(db, { ...code, purposes: [code.purpose], except: code.id })
  return true
}

/** Voids a person's codes for these purposes: what they were mailed for has been overtaken. */
export async function voidOneTimeCodes(
  db: Executor,
  of: {
    readonly tenantId: string
    readonly userId: string
    readonly purposes: readonly OneTimePurpose[]
    readonly except?: string
    /** Only those that were mailed after this one. */
    readonly after?: string
    readonly createdAt: Date
  },
): Promise<void> {
  await db
    .updateTable('iam.one_time_code')
    .set({ voided_at: of.createdAt })
    .where('tenant_id', '=', of.tenantId)
    .where('user_id', '=', of.userId)
    .where('purpose', 'in', [...of.purposes])
    .where('id', '!=', of.except ?? '')
    .where('id', '>', of.after ?? '')
    .where('consumed_at', 'is', null)
    .where('voided_at', 'is', null)
    .execute()
}

const columns = [
  'tenant_id as tenantId',
  'id',
  'user_id as userId',
  'purpose',
  'key_version as keyVersion',
  'subject',
  'subject_key_version as subjectKeyVersion',
  'created_at as createdAt',
  'expires_at as expiresAt',
] as const

interface Row extends Omit<OneTimeCode, 'sealedSubject'> {
  readonly subject: Buffer | null
  readonly subjectKeyVersion: number | null
}

function codeOf({ subject, subjectKeyVersion, ...row }: Row): OneTimeCode {
  if (subject === null || subjectKeyVersion === null) return row
  return { ...row, sealedSubject: { dataKeyVersion: subjectKeyVersion, sealed: subject } }
}

/** A code that can still be used; nothing is consumed by looking. */
export async function findUsableCode(
  db: Executor,
  { tenantId, id, now }: { tenantId: string; id: string; now: Date },
): Promise<OneTimeCode | undefined> {
  const row = await usable(db, tenantId, now).where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : codeOf(row)
}

/** The person's newest code for a purpose that can still be guessed at, locked against other guesses. */
export async function lockNewestCode(
  db: Executor,
  of: { tenantId: string; userId: string; purpose: OneTimePurpose; now: Date },
): Promise<OneTimeCode | undefined> {
  const row = await usable(db, of.tenantId, of.now)
    .where('user_id', '=', of.userId)
    .where('purpose', '=', of.purpose)
    .where('failures', '<', mostGuesses)
    .orderBy('created_at', 'desc')
    .limit(1)
    .forUpdate()
    .executeTakeFirst()
  return row === undefined ? undefined : codeOf(row)
}

function usable(db: Executor, tenantId: string, now: Date) {
  return db
    .selectFrom('iam.one_time_code')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('consumed_at', 'is', null)
    .where('voided_at', 'is', null)
    .where('expires_at', '>', now)
    .$castTo<Row>()
}

/** Uses a code up. Whoever calls this first, and only they, get the code; everyone else gets undefined. */
export async function consumeOneTimeCode(
  db: Executor,
  { tenantId, id, now }: { tenantId: string; id: string; now: Date },
): Promise<OneTimeCode | undefined> {
  const row = await db
    .updateTable('iam.one_time_code')
    .set({ consumed_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('consumed_at', 'is', null)
    .where('voided_at', 'is', null)
    .where('expires_at', '>', now)
    .returning(columns)
    .$castTo<Row>()
    .executeTakeFirst()
  return row === undefined ? undefined : codeOf(row)
}

/** Counts a wrong guess. A code that nobody has, `''`, is counted at too, so that both cost the same. */
export async function countWrongGuess(
  db: Executor,
  { tenantId, id }: { tenantId: string; id: string },
): Promise<void> {
  await db
    .updateTable('iam.one_time_code')
    .set({ failures: sql`failures + 1` })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .execute()
}

/** Deletes a person's codes. */
export async function forgetCodes(
  db: Executor,
  { tenantId, userId }: { readonly tenantId: string; readonly userId: string },
): Promise<void> {
  await db
    .deleteFrom('iam.one_time_code')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .execute()
}

/** Deletes codes of all tenants that ended a day ago and more. @returns how many went. */
export async function deleteOldCodes(db: Executor): Promise<number> {
  const deleted =
    await sql`delete from iam.one_time_code where expires_at < iam.now() - interval '1 day'`.execute(db)
  return Number(deleted.numAffectedRows ?? 0n)
}
