import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'

type Person = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }

/** What somebody is to another service. */
export interface Membership extends Person {
  readonly id: string
  /** What tokens say of it: a role, or `unit/role`. */
  readonly role: string
  readonly at: Date
}

/** Adds a membership, or changes what it is. @returns false when it is somebody else's. */
export async function putMembership(
  tx: Executor,
  { tenantId, id, userId, role, at }: Membership,
): Promise<boolean> {
  const put = await tx
    .insertInto('iam.membership')
    .values({ tenant_id: tenantId, id, user_id: userId, role, granted_at: at })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant_id', 'id'])
        .doUpdateSet({ role, granted_at: at })
        .where('iam.membership.user_id', '=', userId),
    )
    .returning('id')
    .executeTakeFirst()
  return put !== undefined
}

/** Deletes a membership. @returns whose it was; undefined when there was none. */
export async function deleteMembership(
  tx: Executor,
  { tenantId, id }: Pick<Membership, 'tenantId' | 'id'>,
): Promise<string | undefined> {
  const deleted = await tx
    .deleteFrom('iam.membership')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .returning('user_id')
    .executeTakeFirst()
  return deleted?.user_id
}

/** Deletes all memberships of somebody who is erased. */
export async function forgetMemberships(tx: Executor, { tenantId, userId }: Person): Promise<void> {
  await tx
    .deleteFrom('iam.membership')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .execute()
}

/** The roles of all of a person's memberships, each once, in order. */
export async function rolesOfMemberships(tx: Executor, { tenantId, userId }: Person): Promise<string[]> {
  const found = await sql<{ role: string }>`
    select distinct role from iam.membership where tenant_id = ${tenantId} and user_id = ${userId} order by role`.execute(
    tx,
  )
  return found.rows.map(({ role }) => role)
}
