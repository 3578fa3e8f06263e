import { build, type Executor } from '../db/index.ts'
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
}

const columns = [
  'id',
  'tenant_id as tenantId',
  'email',
  'status',
  'locale',
  'created_at as createdAt',
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

/** Finds a user by id. */
export async function findUser(
  db: Executor,
  tenantId: Id<'ten'>,
  userId: Id<'usr'>,
): Promise<User | undefined> {
  return db
    .selectFrom('iam.user')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', userId)
    .$castTo<User>()
    .executeTakeFirst()
}

/** Adds a user. @returns false when the address is registered already. */
export async function insertUser(db: Executor, user: User): Promise<boolean> {
  const inserted = await db
    .insertInto('iam.user')
    .values({
      tenant_id: user.tenantId,
      id: user.id,
      email: user.email,
      status: user.status,
      locale: user.locale,
      created_at: user.createdAt,
      updated_at: user.createdAt,
    })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'email']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Stores a person's sealed key. */
export async function insertUserKey(
  db: Executor,
  user: Pick<User, 'id' | 'tenantId' | 'createdAt'>,
  key: SealedUserKey,
): Promise<void> {
  await db
    .insertInto('iam.user_key')
    .values({
      tenant_id: user.tenantId,
      user_id: user.id,
      data_key_version: key.dataKeyVersion,
      sealed: key.sealed,
      created_at: user.createdAt,
    })
    .execute()
}

/** Gives a user a role. Giving it again changes nothing. */
export async function insertRole(
  db: Executor,
  user: Pick<User, 'id' | 'tenantId' | 'createdAt'>,
  role: { readonly name: string; readonly grantedBy: string },
): Promise<void> {
  await db
    .insertInto('iam.role_assignment')
    .values({
      tenant_id: user.tenantId,
      user_id: user.id,
      role: role.name,
      granted_by: role.grantedBy,
      granted_at: user.createdAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** True when anybody in the tenant has the role. */
export async function hasRole(db: Executor, tenantId: Id<'ten'>, role: string): Promise<boolean> {
  const found = await db
    .selectFrom('iam.role_assignment')
    .select('user_id')
    .where('tenant_id', '=', tenantId)
    .where('role', '=', role)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
