import {
  listUsers,
  lockUser,
  reactivateUser,
  readUser,
  suspendUser,
  unlockUser,
} from '@iam/domain/administration'
import { deleteOldKeys } from '@iam/domain/idempotency-key'
import { addPerson, systemTenant, type World } from '@iam/testkit/world'

/** What operators do to a tenant, and after them what its own administrators do. */
export async function travelAsAdministrators(world: World): Promise<void> {
  const { acme: tenantId, origin } = world
  const add = (name: string, role?: 'tenant.owner') =>
    addPerson(world, { tenantId, email: `${name}@acme.example`, role })
  const operator = await addPerson(world, {
    tenantId: await systemTenant(world),
    email: 'operator@system.example',
    role: 'platform.operator',
  })
  const owners = [await add('first-owner', 'tenant.owner'), await add('second-owner', 'tenant.owner')]
  const member = await add('member')
  for (const by of [operator, ...owners]) {
    const request = (key: string) => ({ key, route: 'POST /x', requestHash: Buffer.from(key) })
    const call = { by, tenantId, origin }
    const on = { ...call, userId: member.userId }
    await listUsers(world, { ...call, limit: 1 })
    await listUsers(world, { ...call, limit: 1, email: member.email, status: 'active' })
    await readUser(world, on)
    for (const act of [suspendUser, reactivateUser, lockUser, unlockUser]) {
      await act(world, { ...on, idempotency: request(act.name) })
      await act(world, { ...on, idempotency: request(act.name) })
    }
  }
  const [first, second] = owners
  if (first === undefined || second === undefined) throw new Error('There are no owners.')
  await suspendUser(world, { by: first, tenantId, origin, userId: second.userId })
  await reactivateUser(world, { by: first, tenantId, origin, userId: second.userId })
  await deleteOldKeys(world.workerDb.kysely)
}
