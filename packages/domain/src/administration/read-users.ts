import type { Id } from '../kit/index.ts'
import { findUsers, normaliseEmail, type UsersWanted } from '../user/index.ts'
import { administer, type AdministrationDeps, type AdministrativeCall } from './administer.ts'
import { requireUser, type UserCall } from './administer-user.ts'
import { viewUsers, type UserView } from './view-user.ts'

const reading = { role: 'tenant.admin', reads: true } as const

/** One person. @throws Refusal `not_found` besides what `administer` refuses. */
export async function readUser(deps: AdministrationDeps, call: UserCall): Promise<UserView> {
  const { tenantId, userId } = call
  const act = { ...reading, action: 'user.read', target: { type: 'user', id: userId } }
  return administer(deps, call, act, async ({ tx }) => {
    const [answer] = await viewUsers(tx, [await requireUser(tx, tenantId, userId)])
    if (answer === undefined) throw new Error('There is no view of somebody who was just read.')
    return { answer }
  })
}

export type ListUsers = AdministrativeCall & Omit<UsersWanted, 'tenantId'>

/** A page of a tenant's people, in the order of their ids, and the last of them where there are more. */
export async function listUsers(
  deps: AdministrationDeps,
  call: ListUsers,
): Promise<{ readonly items: UserView[]; readonly last: Id<'usr'> | undefined }> {
  const { tenantId, after, limit, status } = call
  const email = call.email === undefined ? undefined : normaliseEmail(call.email)
  const act = { ...reading, action: 'users.listed', target: { type: 'tenant', id: tenantId } }
  return administer(deps, call, act, async ({ tx }) => {
    const found = await findUsers(tx, { tenantId, after, limit: limit + 1, email, status })
    const users = found.slice(0, limit)
    const last = found.length > limit ? users.at(-1)?.id : undefined
    return { answer: { items: await viewUsers(tx, users), last } }
  })
}
