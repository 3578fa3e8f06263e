import type { Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { Role } from './role.ts'

type Person = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }

/** What a person may administer now, and since when their logins count for that. */
export interface RolesInForce {
  readonly roles: readonly Role[]
  readonly stepUpSince: Date | null
}

/** What a person may administer now: nothing when the account is not active. */
export async function rolesInForce(db: Executor, { tenantId, userId }: Person): Promise<RolesInForce> {
  const found = await db
    .selectFrom('iam.role_assignment as r')
    .innerJoin('iam.user as u', (join) =>
      join.onRef('u.tenant_id', '=', 'r.tenant_id').onRef('u.id', '=', 'r.user_id'),
    )
    .select(['r.role', 'u.step_up_since as stepUpSince'])
    .where('r.tenant_id', '=', tenantId)
    .where('r.user_id', '=', userId)
    .where('u.status', '=', 'active')
    .execute()
  return { roles: found.map((row) => row.role as Role), stepUpSince: found[0]?.stepUpSince ?? null }
}

/** The roles of some people, whether or not their accounts are active. */
export async function rolesOf(
  db: Executor,
  tenantId: Id<'ten'>,
  userIds: readonly Id<'usr'>[],
): Promise<ReadonlyMap<string, Role[]>> {
  const found = await db
    .selectFrom('iam.role_assignment')
    .select(['user_id as userId', 'role'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', 'in', [...userIds, ''])
    .orderBy('role')
    .execute()
  const byUser = new Map<string, Role[]>()
  for (const { userId, role } of found) byUser.set(userId, [...(byUser.get(userId) ?? []), role as Role])
  return byUser
}

/** Whether an active person other than this one has the role. */
export async function othersHold(
  db: Executor,
  { tenantId, userId, role }: Person & { readonly role: Role },
): Promise<boolean> {
  const found = await db
    .selectFrom('iam.role_assignment as r')
    .innerJoin('iam.user as u', (join) =>
      join.onRef('u.tenant_id', '=', 'r.tenant_id').onRef('u.id', '=', 'r.user_id'),
    )
    .select('r.user_id')
    .where('r.tenant_id', '=', tenantId)
    .where('r.role', '=', role)
    .where('r.user_id', '!=', userId)
    .where('u.status', '=', 'active')
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/** Gives a person a role. @returns false when they have it already. */
export async function insertRole(
  db: Executor,
  {
    tenantId,
    userId,
    role,
    by,
    at,
  }: Person & { readonly role: Role; readonly by: string; readonly at: Date },
): Promise<boolean> {
  const inserted = await db
    .insertInto('iam.role_assignment')
    .values({ tenant_id: tenantId, user_id: userId, role, granted_by: by, granted_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .returning('role')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Takes a role from a person. @returns false when they do not have it. */
export async function deleteRole(
  db: Executor,
  { tenantId, userId, role }: Person & { readonly role: Role },
): Promise<boolean> {
  const deleted = await db
    .deleteFrom('iam.role_assignment')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('role', '=', role)
    .returning('role')
    .executeTakeFirst()
  return deleted !== undefined
}

/** Takes every role from a person. */
export async function forgetRoles(db: Executor, { tenantId, userId }: Person): Promise<void> {
  await db
    .deleteFrom('iam.role_assignment')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .execute()
}

/** True when anybody in the tenant has the role. */
export async function hasRole(db: Executor, tenantId: Id<'ten'>, role: Role): Promise<boolean> {
  const found = await db
    .selectFrom('iam.role_assignment')
    .select('user_id')
    .where('tenant_id', '=', tenantId)
    .where('role', '=', role)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
