import { sql } from 'kysely'
import { build, run, type Executor, type Statement } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { SealedUserKey } from './personal.ts'

export type UserStatus = 'active' | 'suspended' | 'locked' | 'erased'

export interface User {
  readonly id: Id<'usr'>
  readonly tenantId: Id<'ten'>
  readonly email: string
  readonly status: UserStatus
  readonly locale: string
  readonly createdAt: Date
  readonly emailVerifiedAt: Date | null
  /** Of all memberships, as access tokens say them. */
  readonly roles: readonly string[]
}

/** Somebody who is nothing to other services yet. */
export type NewUser = Omit<User, 'roles'>

const columns = [
  'id',
  'tenant_id as tenantId',
  'email',
  'status',
  'locale',
  'created_at as createdAt',
  'email_verified_at as emailVerifiedAt',
  'roles',
] as const

/** The user under a normalised address: at most one in a tenant. */
export function userByEmail(tenantId: Id<'ten'>, email: string) {
  return build
    .selectFrom('iam.user')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('email', '=', email)
    .$castTo<User>()
    .compile()
}

/** The person's sealed key; none after erasure. */
export function userKeyOf(tenantId: Id<'ten'>, userId: string) {
  return build
    .selectFrom('iam.user_key')
    .select(['data_key_version as dataKeyVersion', 'sealed'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .$castTo<SealedUserKey>()
    .compile()
}

/** Since when a person's logins count: those of before have to be proved anew. Null: every one counts. */
export function stepUpSinceOf(tenantId: Id<'ten'>, userId: Id<'usr'>) {
  return build
    .selectFrom('iam.user')
    .select('step_up_since as stepUpSince')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .compile()
}

/** The user with an id. */
export function userById(tenantId: Id<'ten'>, userId: Id<'usr'>) {
  return build
    .selectFrom('iam.user')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .$castTo<User>()
    .compile()
}

/** Finds a user by id. */
export async function findUser(
  db: Executor,
  tenantId: Id<'ten'>,
  userId: Id<'usr'>,
): Promise<User | undefined> {
  const [user] = await run(db, userById(tenantId, userId))
  return user
}

/** Adds a user. @returns false when the address is registered already. */
export async function insertUser(db: Executor, user: NewUser): Promise<boolean> {
  const inserted = await db
    .insertInto('iam.user')
    .values({
      tenant_id: user.tenantId,
      id: user.id,
      email: user.email,
      status: user.status,
      locale: user.locale,
      created_at: user.createdAt,
      email_verified_at: user.emailVerifiedAt,
      updated_at: user.createdAt,
    })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'email']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Says what a person is to other services from now on. */
export async function setRoles(
  db: Executor,
  { tenantId, userId, at }: Named,
  roles: readonly string[],
): Promise<void> {
  await db
    .updateTable('iam.user')
    .set({ roles: [...roles], updated_at: at })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .execute()
}

/** Stores a person's sealed key; nothing where there is no such user. */
export async function insertUserKey(
  db: Executor,
  user: Pick<User, 'id' | 'tenantId' | 'createdAt'>,
  key: SealedUserKey,
): Promise<void> {
  await sql`
    insert into iam.user_key (tenant_id, user_id, data_key_version, sealed, created_at)
    select tenant_id, id, ${key.dataKeyVersion}, ${key.sealed}, ${user.createdAt}
      from iam."user" where tenant_id = ${user.tenantId} and id = ${user.id}`.execute(db)
}

/** Finds a user by a normalised address. */
export async function findUserByEmail(
  db: Executor,
  tenantId: Id<'ten'>,
  email: string,
): Promise<User | undefined> {
  const [user] = await run(db, userByEmail(tenantId, email))
  return user
}

type Named = { readonly tenantId: Id<'ten'>; readonly userId: string; readonly at: Date }

/** Records that the person has read mail sent to this address. @returns false when they have another one by now, or had confirmed it. */
export async function markEmailVerified(
  db: Executor,
  { tenantId, userId, at }: Named,
  email: string,
): Promise<boolean> {
  const marked = await db
    .updateTable('iam.user')
    .set({ email_verified_at: at, updated_at: at })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .where('email', '=', email)
    .where('email_verified_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return marked !== undefined
}

/** Gives a person another address, which they have confirmed. @returns false when it is somebody's by now. */
export async function replaceEmail(
  db: Executor,
  { tenantId, userId, at }: Named,
  email: string,
): Promise<boolean> {
  const holder = await findUserByEmail(db, tenantId, email)
  if (holder !== undefined && holder.id !== userId) return false
  await db
    .updateTable('iam.user')
    .set({ email, email_verified_at: at, updated_at: at })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .execute()
  return true
}

/** Puts an account into another state. */
export async function setUserStatus(
  db: Executor,
  { tenantId, userId, at }: Named,
  status: Exclude<UserStatus, 'erased'>,
): Promise<void> {
  await db
    .updateTable('iam.user')
    .set({ status, updated_at: at })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .execute()
}

type Person = Pick<Named, 'tenantId' | 'userId'>

/** When the trust ended that browsers kept in a person; null where it never was ended. */
export function trustEndOf({ tenantId, userId }: Person) {
  return build
    .selectFrom('iam.user')
    .select('trust_ended_at as trustEndedAt')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .compile()
}

/** Ends the trust that browsers keep in a person. */
export function endTrust({ tenantId, userId, at }: Named): Statement<unknown> {
  return build
    .updateTable('iam.user')
    .set({ trust_ended_at: at, updated_at: at })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .compile()
}

/** Makes a flight fail with a code when the trust that browsers keep in a person was ended meanwhile. */
export function requireTrustEnd(
  { tenantId, userId }: Person,
  { trustEndedAt, code }: { readonly trustEndedAt: Date | null; readonly code: string },
): Statement {
  return sql`
    select iam.require(exists (
      select from iam."user"
       where tenant_id = ${tenantId} and id = ${userId}
         and trust_ended_at is not distinct from ${trustEndedAt}::timestamptz), ${code})`.compile(build)
}

/** Gives a person another language. */
export async function setUserLocale(
  db: Executor,
  { tenantId, userId, at }: Named,
  locale: string,
): Promise<void> {
  await db
    .updateTable('iam.user')
    .set({ locale, updated_at: at })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .execute()
}

export interface UsersWanted {
  readonly tenantId: Id<'ten'>
  /** Those after this one. */
  readonly after?: string | undefined
  readonly limit: number
  /** Normalised. */
  readonly email?: string | undefined
  readonly status?: Exclude<UserStatus, 'erased'> | undefined
}

/** People of a tenant in the order of their ids; those who were erased are nobody any more. */
export async function findUsers(db: Executor, wanted: UsersWanted): Promise<User[]> {
  let query = db
    .selectFrom('iam.user')
    .select(columns)
    .where('tenant_id', '=', wanted.tenantId)
    .where('status', '!=', 'erased')
    .where('id', '>', wanted.after ?? '')
    .orderBy('id')
    .limit(wanted.limit)
  if (wanted.email !== undefined) query = query.where('email', '=', wanted.email)
  if (wanted.status !== undefined) query = query.where('status', '=', wanted.status)
  return query.$castTo<User>().execute()
}
