import { hashPassword } from '@iam/domain/credential'
import { systemTenantSlug } from '@iam/domain/tenant'
import { createUser, type CreateUser } from '@iam/domain/user'
import type { World } from './open-world.ts'

/** Adds somebody to a tenant, with the demo password. */
export async function addPerson(
  world: World,
  { tenantId, email, role }: Pick<CreateUser, 'tenantId' | 'email' | 'role'>,
): Promise<{
  readonly tenantId: CreateUser['tenantId']
  readonly userId: `usr_${string}`
  readonly email: string
}> {
  const password = await hashPassword(world, { tenantId, password: world.demo.password })
  const userId = await createUser(world, {
    tenantId,
    email,
    password,
    ...(role === undefined ? {} : { role }),
  })
  if (userId === undefined) throw new Error(`${email} is there already.`)
  return { tenantId, userId, email }
}

/** The tenant that operators belong to. */
export async function systemTenant(world: World): Promise<CreateUser['tenantId']> {
  return (await world.tenants.require(systemTenantSlug)).tenantId
}
