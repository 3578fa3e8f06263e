import { requestPasswordReset } from '@iam/domain/account'
import {
  addTenant,
  changePolicy,
  changeUser,
  endUserSessions,
  listUserDevices,
  revokeUserDevices,
  eraseUser,
  grantRole,
  inviteUser,
  listAudit,
  listTenants,
  listUserLogins,
  listUserReuses,
  listUserSessions,
  listUsers,
  lockUser,
  mailPasswordReset,
  reactivateTenant,
  reactivateUser,
  pinAlgorithm,
  readAlgorithms,
  readPolicy,
  readTenant,
  readUser,
  revokeRole,
  suspendTenant,
  suspendUser,
  tryPolicy,
  unlockUser,
} from '@iam/domain/administration'
import { deleteOldKeys } from '@iam/domain/idempotency-key'
import { relatedOriginsAt } from '@iam/domain/passkey'
import { logInWithPassword } from '@iam/domain/session'
import { addPerson, holdDevice, openDeviceCall, systemTenant, type World } from '@iam/testkit/world'
import { stealFrom } from './journeys.ts'

/** What operators do to a tenant, and after them what its own administrators do. */
export async function travelAsAdministrators(world: World): Promise<void> {
  const { acme: tenantId, origin } = world
  const authTime = Math.floor(world.clock().getTime() / 1000)
  const addTo = async (person: Parameters<typeof addPerson>[1]) => ({
    ...(await addPerson(world, person)),
    authTime,
    amr: ['pwd'],
  })
  const add = (name: string, role?: 'tenant.owner') =>
    addTo({ tenantId, email: `${name}@acme.example`, role })
  const operator = await addTo({
    tenantId: await systemTenant(world),
    email: 'operator@system.example',
    role: 'platform.operator',
  })
  const owners = [await add('first-owner', 'tenant.owner'), await add('second-owner', 'tenant.owner')]
  const member = await add('member')
  const operators = { by: operator, tenantId: operator.tenantId, origin }
  await listTenants(world, { ...operators, after: undefined, limit: 1 })
  await addTenant(world, { ...operators, slug: 'hooli', name: 'Hooli' })
  await suspendTenant(world, { ...operators, tenantId })
  await reactivateTenant(world, { ...operators, tenantId })
  await chooseRelyingParty(world, { by: operator, tenantId, origin })
  for (const by of [operator, ...owners]) {
    const request = (key: string) => ({ key, route: 'POST /x', requestHash: Buffer.from(key) })
    const call = { by, tenantId, origin }
    const on = { ...call, userId: member.userId }
    await readTenant(world, call)
    await readPolicy(world, call)
    await listAudit(world, { ...call, limit: 1 })
    await changePolicy(world, {
      ...call,
      change: { maxSessions: by === operator ? 3 : null },
      ifVersion: undefined,
    })
    await readAlgorithms(world, call)
    await pinAlgorithm(world, { ...call, of: { client: 'first-party' }, alg: 'ES256' })
    await listUsers(world, { ...call, limit: 1 })
    await listUsers(world, { ...call, limit: 1, email: member.email, status: 'active' })
    await readUser(world, on)
    await inviteUser(world, {
      ...call,
      email: `invited-by-${by.userId}@acme.example`,
      locale: 'en',
      roles: [],
    })
    await changeUser(world, { ...on, locale: by === operator ? 'fr' : 'ar' })
    await mailPasswordReset(world, on)
    const login = { ...member, password: world.demo.password, origin }
    await stealFrom(world, await logInWithPassword(world, login))
    await logInWithPassword(world, login)
    await listUserSessions(world, { ...on, after: undefined, limit: 1 })
    await listUserLogins(world, { ...on, after: 'lgn_Z', limit: 1 })
    await listUserReuses(world, { ...on, after: 'ses_Z', limit: 1 })
    await listUserReuses(world, { ...on, after: undefined, limit: 1 })
    await listUserLogins(world, { ...on, after: undefined, limit: 1 })
    await tryPolicy(world, { ...call, change: { mfa: 'risk' }, after: undefined, limit: 1 })
    await holdDevice(world, await openDeviceCall(world, member))
    await listUserDevices(world, on)
    await revokeUserDevices(world, on)
    await endUserSessions(world, on)
    await grantRole(world, { ...on, role: 'tenant.owner' })
    await revokeRole(world, { ...on, role: 'tenant.owner' })
    for (const act of [suspendUser, reactivateUser, lockUser, unlockUser]) {
      await act(world, { ...on, idempotency: request(act.name) })
      await act(world, { ...on, idempotency: request(act.name) })
    }
  }
  const [first, second] = owners
  if (first === undefined || second === undefined) throw new Error('There are no owners.')
  await suspendUser(world, { by: first, tenantId, origin, userId: second.userId })
  await reactivateUser(world, { by: first, tenantId, origin, userId: second.userId })
  const waiting = { email: 'somebody@acme.example', locale: 'en' }
  await requestPasswordReset(world, { tenantId, origin, ...waiting })
  const third = await add('third-owner', 'tenant.owner')
  await eraseUser(world, { by: second, tenantId, origin, userId: first.userId })
  await suspendUser(world, { by: second, tenantId, origin, userId: third.userId })
  await logInWithPassword(world, { ...member, password: world.demo.password, origin })
  // Failures are left behind, so that what looks for them finds some.
  const wrong = { ...member, password: 'wrong', origin }
  for (let n = 0; n < 2; n += 1) await logInWithPassword(world, wrong).catch(() => undefined)
  await deleteOldKeys(world.workerDb.kysely)
}

/** While nobody has a passkey, for a moment. */
async function chooseRelyingParty(
  world: World,
  call: Pick<Parameters<typeof changePolicy>[1], 'by' | 'tenantId' | 'origin'>,
): Promise<void> {
  for (const rpId of ['login.acme.example', null]) {
    await changePolicy(world, { ...call, change: { rpId }, ifVersion: undefined })
    await relatedOriginsAt(world, 'login.acme.example').catch(() => undefined)
  }
}
