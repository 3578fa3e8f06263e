import type { Executor } from '../db/index.ts'
import { rolesOf, type Role } from '../role/index.ts'
import type { User, UserStatus } from '../user/index.ts'

/** A person as administrators see them. Times in RFC 3339. */
export interface UserView {
  readonly id: string
  readonly email: string
  readonly emailVerifiedAt: string | null
  readonly status: UserStatus
  readonly locale: string
  readonly roles: Role[]
  readonly createdAt: string
}

/** People with their roles. */
export async function viewUsers(tx: Executor, users: readonly User[]): Promise<UserView[]> {
  const [first] = users
  if (first === undefined) return []
  const ids = users.map(({ id }) => id)
  const roles = await rolesOf(tx, first.tenantId, ids)
  return users.map((user) => ({
    id: user.id,
    email: user.email,
    emailVerifiedAt: user.emailVerifiedAt?.toISOString() ?? null,
    status: user.status,
    locale: user.locale,
    roles: roles.get(user.id) ?? [],
    createdAt: user.createdAt.toISOString(),
  }))
}
