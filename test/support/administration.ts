import { addPerson, systemTenant, type World } from '@iam/testkit/world'
import type { TestApp } from './open-app.ts'

export type Person = Awaited<ReturnType<typeof addPerson>>

/** Everyone of a tenant that administration is about, an operator, and the owner of another tenant. */
export async function settle(world: World) {
  const { acme: tenantId, globex } = world
  const here = (email: string, role?: 'tenant.owner' | 'tenant.admin') =>
    addPerson(world, { tenantId, email: `${email}@acme.example`, role })
  return {
    owner: await here('owner', 'tenant.owner'),
    owner2: await here('owner2', 'tenant.owner'),
    admin: await here('admin', 'tenant.admin'),
    admin2: await here('admin2', 'tenant.admin'),
    member: await here('member'),
    member2: await here('member2'),
    stranger: await addPerson(world, {
      tenantId: globex,
      email: 'owner@globex.example',
      role: 'tenant.owner',
    }),
    operator: await addPerson(world, {
      tenantId: await systemTenant(world),
      email: 'operator@system.example',
      role: 'platform.operator',
    }),
    clerk: await addPerson(world, { tenantId: await systemTenant(world), email: 'clerk@system.example' }),
  }
}

export type People = Awaited<ReturnType<typeof settle>>

/** Logs somebody in. @returns what they send with every request. */
export async function bearerOf({ app, world }: TestApp, person: Person): Promise<{ authorization: string }> {
  const { tenantId, email } = person
  const response = await app.inject({
    method: 'POST',
    url: '/api/v1/auth/login',
    headers: { 'x-tenant-id': tenantId },
    payload: { email, password: world.demo.password },
  })
  const { accessToken } = response.json<{ accessToken?: string }>()
  if (accessToken === undefined) throw new Error(`${email} cannot log in: ${response.body}`)
  return { authorization: `Bearer ${accessToken}` }
}
