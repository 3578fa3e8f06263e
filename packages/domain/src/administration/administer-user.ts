import { streamKey, type Executor } from '../db/index.ts'
import { Refusal, type Id } from '../kit/index.ts'
import { othersHold, rankOf, rolesOf, type Role } from '../role/index.ts'
import type { EndedSession } from '../session/index.ts'
import { findUser, type User } from '../user/index.ts'
import {
  type Act,
  administer,
  type Acting,
  type AdministrationDeps,
  type AdministrativeCall,
} from './administer.ts'
import { viewUsers, type UserView } from './view-user.ts'

/** Who asks for something to be done to whom. */
export type UserCall = AdministrativeCall & { readonly userId: Id<'usr'> }

/** The transaction of an act on a person. */
export interface ActingOnUser extends Acting {
  readonly user: User
  readonly roles: readonly Role[]
}

export interface UserChange {
  readonly ended?: readonly EndedSession[]
  /** False when the person had been so before. */
  readonly changed?: boolean
}

/**
 * Does something to a person, with the person's stream held; see `administer`.
 * @param endsSessions whether it may end the person's sessions.
 * @param vacates whether the person may hold a role in force before and not afterwards; see `requireSuccessor`.
 * @returns the person as they are afterwards.
 * @throws Refusal `not_found` for nobody, and for those who were erased; `not_allowed` for who stands higher than
 *   whoever asks.
 */
export async function administerUser(
  deps: AdministrationDeps,
  call: UserCall,
  {
    action,
    vacates = false,
    endsSessions = false,
    asksForRecentLogin = false,
  }: Pick<Act, 'action' | 'asksForRecentLogin'> & {
    readonly vacates?: boolean
    readonly endsSessions?: boolean
  },
  work: (acting: ActingOnUser) => Promise<UserChange>,
): Promise<UserView> {
  const { tenantId, userId } = call
  const act = {
    action,
    target: { type: 'user', id: userId },
    role: 'tenant.admin',
    asksForRecentLogin,
    streams: [streamKey(tenantId, userId), ...(vacates ? [roleLock(tenantId)] : [])],
    ...(endsSessions ? { endsSessionsOf: userId } : {}),
  } as const
  return administer(deps, call, act, async (acting) => {
    const { tx } = acting
    const change = await work({ ...acting, ...(await requireActableUser(acting, call)) })
    const [answer] = await viewUsers(tx, [await requireUser(tx, tenantId, userId)])
    if (answer === undefined) throw new Error('There is no view of somebody who was just read.')
    return { ...change, answer, subjectId: userId }
  })
}

/**
 * The person whom something is to be done to, with their roles.
 * @throws Refusal `not_found` for nobody, and for those who were erased; `not_allowed` for who stands higher.
 */
export async function requireActableUser(
  { tx, administrator }: Acting,
  { tenantId, userId }: UserCall,
): Promise<Pick<ActingOnUser, 'user' | 'roles'>> {
  const user = await requireUser(tx, tenantId, userId)
  const roles = (await rolesOf(tx, tenantId, [userId])).get(userId) ?? []
  if (rankOf(roles) > administrator.rank) throw new Refusal('not_allowed')
  return { user, roles }
}

/** @throws Refusal `not_found` for nobody, and for those who were erased. */
export async function requireUser(tx: Executor, tenantId: Id<'ten'>, userId: Id<'usr'>): Promise<User> {
  const user = await findUser(tx, tenantId, userId)
  if (user === undefined || user.status === 'erased') throw new Refusal('not_found')
  return user
}

/** Held while the answer to "who else is an owner?" has to stay as it is. */
export function roleLock(tenantId: string): string {
  return streamKey(tenantId, 'roles')
}

const neverVacant = ['tenant.owner', 'platform.operator'] as const satisfies readonly Role[]

/** @throws Refusal `not_allowed` when nobody else active would be left who has one of these roles. */
export async function requireSuccessor(
  { tx, user }: Pick<ActingOnUser, 'tx' | 'user'>,
  held: readonly Role[],
): Promise<void> {
  for (const role of neverVacant.filter((one) => held.includes(one))) {
    if (await othersHold(tx, { tenantId: user.tenantId, userId: user.id, role })) continue
    throw new Refusal('not_allowed', {
      detail: `Nobody else would be ${role}: give somebody that role first.`,
    })
  }
}
