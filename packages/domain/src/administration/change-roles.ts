import { run, type Statement } from '../db/index.ts'
import { Refusal, type Id } from '../kit/index.ts'
import { appendEvent } from '../outbox/index.ts'
import { deleteRole, insertRole, rankOf, type Administrator, type Role } from '../role/index.ts'
import type { AdministrationDeps } from './administer.ts'
import { administerUser, requireSuccessor, type UserCall } from './administer-user.ts'
import type { UserView } from './view-user.ts'

export type RoleCall = UserCall & { readonly role: Role }

/**
 * Gives a person a role.
 * @throws Refusal what `administerUser` refuses, and `not_allowed` for a role above that of whoever asks, or for an
 *   operator's outside the system tenant.
 */
export async function grantRole(deps: AdministrationDeps, call: RoleCall): Promise<UserView> {
  const { tenantId, userId, role } = call
  return administerUser(
    deps,
    call,
    { action: 'user.role_granted', asksForRecentLogin: true },
    async ({ tx, administrator, at }) => {
      requireGrantable(administrator, tenantId, role)
      if (!(await insertRole(tx, { tenantId, userId, role, by: administrator.id, at })))
        return { changed: false }
      await run(tx, recordRole('user.role_granted', call, { administrator, at }))
      return {}
    },
  )
}

/**
 * Takes a role from a person, from the next request on.
 * @throws Refusal what `administerUser` refuses, and `not_allowed` when nobody else would be owner, or operator.
 */
export async function revokeRole(deps: AdministrationDeps, call: RoleCall): Promise<UserView> {
  const { tenantId, userId, role } = call
  return administerUser(
    deps,
    call,
    { action: 'user.role_revoked', vacates: true, asksForRecentLogin: true },
    async (acting) => {
      const { tx, administrator, at } = acting
      if (!acting.roles.includes(role)) return { changed: false }
      await requireSuccessor(acting, [role])
      await deleteRole(tx, { tenantId, userId, role })
      await run(tx, recordRole('user.role_revoked', call, { administrator, at }))
      return {}
    },
  )
}

/** @throws Refusal `not_allowed` when somebody would be raised above whoever asks, or made an operator of a tenant. */
export function requireGrantable({ rank, homeId }: Administrator, tenantId: Id<'ten'>, role: Role): void {
  const outOfPlace = role === 'platform.operator' && homeId !== tenantId
  if (rankOf([role]) > rank || outOfPlace) throw new Refusal('not_allowed')
}

/** The event of a role that somebody got or lost. */
export function recordRole(
  type: 'user.role_granted' | 'user.role_revoked',
  { tenantId, userId, role, origin }: RoleCall,
  { administrator, at }: { readonly administrator: Administrator; readonly at: Date },
): Statement {
  const actor = { type: administrator.type, id: administrator.id }
  const event = { type, payload: { userId, role, actor } }
  return appendEvent({ tenantId, at, origin, aggregateId: userId, event })
}
