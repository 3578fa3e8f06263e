import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { KeyPurpose, PublicJwk, SigningAlg } from '../key-set/index.ts'

export type SigningKeyState =
  | 'pending'
  | 'published'
  | 'active'
  | 'retiring'
  | 'retired'
  | 'destroyed'
  | 'compromised'

export interface SigningKeyRow {
  readonly id: Id<'sgk'>
  readonly scope: string
  readonly purpose: KeyPurpose
  readonly alg: SigningAlg
  readonly kid: string
  readonly publicJwk: PublicJwk
  readonly endorsement: string
  /** Where the private half is: wrapped in the row, or a version of a key in KMS. */
  readonly custody: 'wrapped' | 'kms'
  readonly wrapped: Buffer | null
  readonly kmsVersion: string | null
  readonly state: SigningKeyState
  readonly createdAt: Date
  readonly publishedAt: Date | null
  readonly activateAt: Date | null
  readonly signUntil: Date
  readonly verifyUntil: Date
}

const rows = (db: Executor) =>
  db
    .selectFrom('iam.signing_key')
    .select([
      'id',
      'scope',
      'purpose',
      'alg',
      'kid',
      'public_jwk as publicJwk',
      'endorsement',
      'custody',
      'wrapped',
      'kms_version as kmsVersion',
      'state',
      'created_at as createdAt',
      'published_at as publishedAt',
      'activate_at as activateAt',
      'sign_until as signUntil',
      'verify_until as verifyUntil',
    ])

/** The key of that id, whatever has become of it. */
export async function signingKeyOf(db: Executor, kid: string): Promise<SigningKeyRow | undefined> {
  return (await rows(db).where('kid', '=', kid).executeTakeFirst()) as unknown as SigningKeyRow | undefined
}

/** Ends a key for good and forgets its private half. */
export async function markCompromised(db: Executor, id: Id<'sgk'>): Promise<void> {
  await db
    .updateTable('iam.signing_key')
    .set({ state: 'compromised', wrapped: null, revoked_at: sql<Date>`iam.now()` })
    .where('id', '=', id)
    .execute()
}

/**
 * Every signing key that may still sign or verify, oldest first, and the database's time of the reading.
 * @param purpose those for this alone; all when nothing is said.
 */
export async function listSigningKeys(
  db: Executor,
  purpose?: KeyPurpose,
): Promise<{ keys: SigningKeyRow[]; databaseTime: Date }> {
  const found = await rows(db)
    .where('state', 'in', ['pending', 'published', 'active', 'retiring'])
    .where('purpose', 'in', purpose === undefined ? ['token', 'status'] : [purpose])
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const time = await db.selectNoFrom(sql<Date>`iam.now()`.as('time')).executeTakeFirstOrThrow()
  return { keys: found as unknown as SigningKeyRow[], databaseTime: time.time }
}

/** The ids of keys that were given up before the end that they were endorsed for, in a fixed order. */
export async function listRevokedKids(db: Executor): Promise<string[]> {
  const found = await db
    .selectFrom('iam.signing_key')
    .select('kid')
    .where('state', '=', 'compromised')
    .where('verify_until', '>', sql<Date>`iam.now()`)
    .orderBy('kid')
    .execute()
  return found.map(({ kid }) => kid)
}

export type EndedKey = Pick<
  SigningKeyRow,
  'kid' | 'alg' | 'publicJwk' | 'endorsement' | 'createdAt' | 'verifyUntil'
> & { readonly revokedAt: Date | null }

/** Keys that sign and verify nothing any more, the newest first. @param keepFor seconds after their end. */
export async function listEndedKeys(
  db: Executor,
  { keepFor, most }: { keepFor: number; most: number },
): Promise<EndedKey[]> {
  const found = await db
    .selectFrom('iam.signing_key')
    .select(['kid', 'alg', 'public_jwk as publicJwk', 'endorsement'])
    .select(['created_at as createdAt', 'verify_until as verifyUntil', 'revoked_at as revokedAt'])
    .where('state', 'in', ['retired', 'destroyed', 'compromised'])
    .where('verify_until', '>', sql<Date>`iam.now() - make_interval(secs => ${keepFor})`)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(most)
    .execute()
  return found as unknown as EndedKey[]
}

/** The last key set of a region that was published before a time. */
export async function lastDocumentBefore(
  db: Executor,
  region: string,
  time: Date,
): Promise<string | undefined> {
  const found = await db
    .selectFrom('iam.key_set_version')
    .select('document')
    .where('region', '=', region)
    .where('issued_at', '<', time)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return found?.document
}

/** Adds a key that was generated and endorsed. */
export async function insertSigningKey(db: Executor, key: SigningKeyRow): Promise<void> {
  await db
    .insertInto('iam.signing_key')
    .values({
      id: key.id,
      scope: key.scope,
      purpose: key.purpose,
      alg: key.alg,
      kid: key.kid,
      custody: key.custody,
      public_jwk: JSON.stringify(key.publicJwk),
      endorsement: key.endorsement,
      wrapped: key.wrapped,
      kms_version: key.kmsVersion,
      state: key.state,
      created_at: key.createdAt,
      sign_until: key.signUntil,
      verify_until: key.verifyUntil,
    })
    .execute()
}

/** pending -> published, for keys that stand in a document the store has taken. @returns the ids that moved. */
export async function markPublished(db: Executor, kids: readonly string[]): Promise<Id<'sgk'>[]> {
  const moved = await db
    .updateTable('iam.signing_key')
    .set({ state: 'published', published_at: sql<Date>`iam.now()` })
    .where('kid', 'in', [...kids])
    .where('state', '=', 'pending')
    .returning('id')
    .execute()
  return moved.map((row) => row.id as Id<'sgk'>)
}

/** published -> active from `activateAt` on. @returns false when the key was in another state by then. */
export async function activateSigningKey(db: Executor, id: Id<'sgk'>, activateAt: Date): Promise<boolean> {
  const moved = await db
    .updateTable('iam.signing_key')
    .set({ state: 'active', activate_at: activateAt })
    .where('id', '=', id)
    .where('state', '=', 'published')
    .executeTakeFirst()
  return moved.numUpdatedRows === 1n
}

/** Lets a key sign from `now` on that is published, or whose time was announced. @returns false in any other state. */
export async function activateAtOnce(db: Executor, id: Id<'sgk'>, now: Date): Promise<boolean> {
  const moved = await db
    .updateTable('iam.signing_key')
    .set({ state: 'active', activate_at: now })
    .where('id', '=', id)
    .where((eb) =>
      eb.or([
        eb('state', '=', 'published'),
        eb.and([eb('state', '=', 'active'), eb('activate_at', '>', now)]),
      ]),
    )
    .executeTakeFirst()
  return moved.numUpdatedRows === 1n
}

/** One step along the life cycle. @returns false when the key was in another state by then. */
export async function moveSigningKey(
  db: Executor,
  { id, from, to }: { id: Id<'sgk'>; from: SigningKeyState; to: SigningKeyState },
): Promise<boolean> {
  const moved = await db
    .updateTable('iam.signing_key')
    .set({ state: to })
    .where('id', '=', id)
    .where('state', '=', from)
    .executeTakeFirst()
  return moved.numUpdatedRows === 1n
}

/** Every version in KMS that is or ever was a signing key. */
export async function listKmsVersions(db: Executor): Promise<string[]> {
  const found = await db
    .selectFrom('iam.signing_key')
    .select('kms_version as version')
    .where('kms_version', 'is not', null)
    .execute()
  return found.flatMap(({ version }) => version ?? [])
}

/** Keys that have ended, and whose private half has not: retired ones, and those given up whose version may sign. */
export async function listKeysToEnd(db: Executor): Promise<SigningKeyRow[]> {
  const found = await rows(db)
    .where((eb) =>
      eb.or([
        eb('state', '=', 'retired'),
        eb.and([
          eb('state', '=', 'compromised'),
          eb('custody', '=', 'kms'),
          eb('kms_version_ended_at', 'is', null),
        ]),
      ]),
    )
    .orderBy('id')
    .execute()
  return found as unknown as SigningKeyRow[]
}

/** retired -> destroyed, the private half with it. @returns false when the key was in another state by then. */
export async function markDestroyed(db: Executor, id: Id<'sgk'>): Promise<boolean> {
  const moved = await db
    .updateTable('iam.signing_key')
    .set({ state: 'destroyed', wrapped: null })
    .where('id', '=', id)
    .where('state', '=', 'retired')
    .executeTakeFirst()
  return moved.numUpdatedRows === 1n
}

/** Notes that a key's version does nothing any more. @returns false when that was known. */
export async function markVersionEnded(db: Executor, id: Id<'sgk'>): Promise<boolean> {
  const moved = await db
    .updateTable('iam.signing_key')
    .set({ kms_version_ended_at: sql<Date>`iam.now()` })
    .where('id', '=', id)
    .where('kms_version_ended_at', 'is', null)
    .executeTakeFirst()
  return moved.numUpdatedRows === 1n
}
