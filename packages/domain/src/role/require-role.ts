import { underTenant, type Executor } from '../db/index.ts'
import { Refusal, type Id } from '../kit/index.ts'
import { systemTenantSlug, type DirectoryEntry } from '../tenant/index.ts'
import { rolesInForce } from './queries.ts'
import { rankOf, type Role } from './role.ts'

export interface RequireRole {
  /** Who asks: a person whose session stands. */
  readonly by: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }
  /** The tenant of that person. */
  readonly home: DirectoryEntry
  /** Whose affair it is; the transaction runs under it. */
  readonly tenantId: Id<'ten'>
  /** The least that is needed. */
  readonly role: Role
}

/** Somebody who may do what they ask for, with the rank they do it in. */
export interface Administrator {
  readonly type: 'user' | 'operator'
  readonly id: Id<'usr'>
  readonly homeId: Id<'ten'>
  readonly rank: number
  /** Since when their logins count: one of before has to be proved anew. Null: every one counts. */
  readonly stepUpSince: Date | null
}

/**
 * Makes sure that somebody may administer a tenant: by a role in it, or as an operator. Read from the database in
 * the transaction of what they want to do, so that a role that was taken away is gone with the next request.
 * @throws Refusal `tenant_unknown` when the tenant is not theirs and they are no operator, just as when there is
 *   no such tenant; `not_allowed` when they stand too low.
 */
export async function requireRole(
  tx: Executor,
  { by, home, tenantId, role }: RequireRole,
): Promise<Administrator> {
  const { roles: held, stepUpSince } = await underTenant(
    tx,
    { tenantId: home.tenantId, backTo: tenantId },
    () => rolesInForce(tx, by),
  )
  const isOperator = home.slug === systemTenantSlug && held.includes('platform.operator')
  if (!isOperator && home.tenantId !== tenantId) throw new Refusal('tenant_unknown')
  const rank = rankOf(isOperator ? held : held.filter((one) => one !== 'platform.operator'))
  if (rank < rankOf([role])) throw new Refusal('not_allowed')
  return { type: isOperator ? 'operator' : 'user', id: by.userId, homeId: home.tenantId, rank, stepUpSince }
}
