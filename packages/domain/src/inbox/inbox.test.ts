import { addPerson, auditOf, eventsOf, logIn, openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { newId, Refusal, type Id } from '../kit/index.ts'
import { createUser } from '../user/index.ts'
import { hashPassword } from '../credential/index.ts'
import { refreshSession } from '../session/index.ts'
import { decodeJwt } from 'jose'
import {
  eraseOnRequest,
  followCreatedTenant,
  followGrantedMembership,
  followRevokedMembership,
  followRenamedTenant,
  followTenantStatus,
} from './index.ts'
import type { ReceivedEvent } from './index.ts'

describe('events of other services', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  const deps = () => ({
    db: world.workerDb,
    clock: world.clock,
    secrets: world.secrets,
    region: 'local',
    audience: 'https://api.example',
  })

  function event(
    tenantId: Id<'ten'>,
    sequence = 1,
    eventId: string = newId('evt', world.clock()),
  ): ReceivedEvent {
    const { requestId, traceparent } = world.origin
    return {
      eventId,
      subject: 'test',
      tenantId,
      sequence,
      occurredAt: world.clock(),
      origin: { requestId, traceparent },
    }
  }

  async function codeOf(work: Promise<unknown>): Promise<string> {
    try {
      return String(await work)
    } catch (error) {
      if (error instanceof Refusal) return error.code
      throw error
    }
  }

  let slugs = 0
  const born = (region = 'local') => {
    slugs += 1
    return { slug: `born-${slugs}`, name: 'Hotel Grischuna', region }
  }

  const directoryOf = async (tenantId: string) =>
    world.admin.selectFrom('iam.directory').selectAll().where('tenant_id', '=', tenantId).executeTakeFirst()
  const nameOf = async (tenantId: string) =>
    (
      await world.admin
        .selectFrom('iam.tenant')
        .select('name')
        .where('tenant_id', '=', tenantId)
        .executeTakeFirst()
    )?.name

  test('C251: a tenant begins, once, however often it is told and by however many at once', async () => {
    const tenantId = newId('ten', world.clock())
    const created = event(tenantId)
    const tenant = born()
    const told = Array.from({ length: 8 }, () => followCreatedTenant(deps(), created, tenant))
    expect((await Promise.all(told)).toSorted()).toEqual([
      'applied',
      ...Array.from({ length: 7 }, () => 'repeated'),
    ])
    expect(await directoryOf(tenantId)).toMatchObject({
      slug: tenant.slug,
      region: 'local',
      status: 'active',
    })
    expect(await nameOf(tenantId)).toBe('Hotel Grischuna')
    expect(await auditOf(world, tenantId)).toEqual(['tenant.created'])
    await expect(
      createUser(world, {
        tenantId,
        email: 'ada@grischuna.example',
        password: await hashPassword(world, { tenantId, password: 'correct horse battery staple' }),
      }),
    ).resolves.toMatch(/^usr_/)
  })

  test('residency: of a tenant whose home is elsewhere only the directory knows', async () => {
    const tenantId = newId('ten', world.clock())
    expect(await followCreatedTenant(deps(), event(tenantId), born('eu-west'))).toBe('applied')
    expect(await directoryOf(tenantId)).toMatchObject({ region: 'eu-west', status: 'active' })
    expect(await nameOf(tenantId)).toBeUndefined()
    expect(await auditOf(world, tenantId)).toEqual([])
    expect(await followTenantStatus(deps(), event(tenantId, 2), { status: 'suspended' })).toBe('applied')
    expect(await directoryOf(tenantId)).toMatchObject({ status: 'suspended' })
  })

  test('a slug that is another’s, and the operators’ tenant, are refused with nothing changed', async () => {
    const tenantId = newId('ten', world.clock())
    const created = event(tenantId)
    expect(await codeOf(followCreatedTenant(deps(), created, { ...born(), slug: 'acme' }))).toBe('slug_taken')
    expect(await directoryOf(tenantId)).toBeUndefined()
    expect(await followCreatedTenant(deps(), created, born())).toBe('applied')
    const system = await world.admin
      .selectFrom('iam.directory')
      .select('tenant_id')
      .where('slug', '=', 'system')
      .executeTakeFirstOrThrow()
    const theirs = system.tenant_id as Id<'ten'>
    expect(await codeOf(followTenantStatus(deps(), event(theirs), { status: 'suspended' }))).toBe(
      'not_allowed',
    )
    expect(await directoryOf(theirs)).toMatchObject({ status: 'active' })
  })

  test('C252: what comes before the tenant has begun waits, and what comes late changes nothing any more', async () => {
    const tenantId = newId('ten', world.clock())
    const suspended = event(tenantId, 3)
    expect(await codeOf(followTenantStatus(deps(), suspended, { status: 'suspended' }))).toBe(
      'tenant_unknown',
    )
    await followCreatedTenant(deps(), event(tenantId, 1), born())
    expect(await followTenantStatus(deps(), suspended, { status: 'suspended' })).toBe('applied')
    expect(await followTenantStatus(deps(), event(tenantId, 2), { status: 'active' })).toBe('superseded')
    expect(await directoryOf(tenantId)).toMatchObject({ status: 'suspended' })
    expect(await followRenamedTenant(deps(), event(tenantId, 2), { name: 'Grischuna' })).toBe('applied')
    expect(await nameOf(tenantId)).toBe('Grischuna')
    expect(await auditOf(world, tenantId)).toEqual(['tenant.created', 'tenant.suspended', 'tenant.renamed'])
  })

  test('C228: the same event of two tenants is two events, and changes its own alone', async () => {
    const [one, other] = [newId('ten', world.clock()), newId('ten', world.clock())]
    for (const tenantId of [one, other]) await followCreatedTenant(deps(), event(tenantId), born())
    const same = newId('evt', world.clock())
    expect(await followRenamedTenant(deps(), event(one, 2, same), { name: 'One' })).toBe('applied')
    expect(await nameOf(other)).toBe('Hotel Grischuna')
    expect(await followRenamedTenant(deps(), event(other, 2, same), { name: 'Other' })).toBe('applied')
    expect(await nameOf(one)).toBe('One')
  })

  describe('memberships', () => {
    const rolesIn = (token: string) => decodeJwt(token)['roles']
    const refreshed = (refreshToken: string) => refreshSession(world, { refreshToken, origin: world.origin })
    const granted = (membershipId: string, userId: Id<'usr'>, role: string, sequence = 1) =>
      followGrantedMembership(deps(), event(world.acme, sequence), { membershipId, userId, role })
    const revoked = (membershipId: string, userId: Id<'usr'>, sequence = 2) =>
      followRevokedMembership(deps(), event(world.acme, sequence), { membershipId, userId })

    test('stand in the tokens of the next refresh and the next login, and are gone likewise', async () => {
      const first = await logIn(world)
      const { id } = first.user
      expect(rolesIn(first.accessToken)).toBeUndefined()
      expect(await granted('m-1', id, 'concierge')).toBe('applied')
      const unit = { membershipId: 'm-2', userId: id, role: 'manager', unit: 'hotel-7' }
      expect(await followGrantedMembership(deps(), event(world.acme), unit)).toBe('applied')
      const second = await refreshed(first.refreshToken)
      expect(rolesIn(second.accessToken)).toEqual(['concierge', 'hotel-7/manager'])
      const elsewhere = await logIn(world)
      expect(rolesIn(elsewhere.accessToken)).toEqual(['concierge', 'hotel-7/manager'])
      expect(await revoked('m-2', id)).toBe('applied')
      const third = await refreshed(second.refreshToken)
      expect(rolesIn(third.accessToken)).toEqual(['concierge'])
      expect(await revoked('m-1', id)).toBe('applied')
      expect(rolesIn((await refreshed(third.refreshToken)).accessToken)).toBeUndefined()
      expect(rolesIn((await logIn(world)).accessToken)).toBeUndefined()
      const told = (await auditOf(world, id)).filter((row) => row.startsWith('membership.'))
      expect(told).toEqual([
        'membership.granted: m-1',
        'membership.granted: m-2',
        'membership.revoked: m-2',
        'membership.revoked: m-1',
      ])
    })

    test('a membership of one person is nobody else’s: neither to have nor to take away', async () => {
      const { user } = await logIn(world)
      await granted('m-theirs', user.id, 'porter')
      const other = await addPerson(world, { tenantId: world.acme, email: 'other@acme.example' })
      expect(await codeOf(granted('m-theirs', other.userId, 'porter', 2))).toBe('wrong_state')
      expect(await codeOf(revoked('m-theirs', other.userId, 3))).toBe('wrong_state')
      expect(rolesIn((await logIn(world)).accessToken)).toEqual(['porter'])
      await revoked('m-theirs', user.id, 4)
    })

    test('C252: a grant that comes after its own revocation is none', async () => {
      const { user } = await logIn(world)
      expect(await revoked('m-late', user.id, 9)).toBe('applied')
      expect(await granted('m-late', user.id, 'late', 8)).toBe('superseded')
      expect(rolesIn((await logIn(world)).accessToken)).toBeUndefined()
    })

    test('logins at the same time as grants: every session says the roles there are, at its next refresh', async () => {
      const { user } = await logIn(world)
      const roles = Array.from({ length: 8 }, (_, n) => `role-${n}`)
      const [sessions] = await Promise.all([
        Promise.all(roles.map(() => logIn(world))),
        Promise.all(roles.map((role) => granted(`m-${role}`, user.id, role))),
      ])
      for (const { refreshToken } of sessions)
        expect(rolesIn((await refreshed(refreshToken)).accessToken)).toEqual(roles)
      for (const role of roles) await revoked(`m-${role}`, user.id)
    })

    test('more than a token can carry, and for somebody who is not here, are refused with nothing changed', async () => {
      const { user } = await logIn(world)
      for (let n = 0; n < 32; n += 1) await granted(`many-${n}`, user.id, `role-${n}`)
      expect(await codeOf(granted('many-32', user.id, 'one-too-many'))).toBe('wrong_state')
      expect(rolesIn((await logIn(world)).accessToken)).toHaveLength(32)
      for (let n = 0; n < 32; n += 1) await revoked(`many-${n}`, user.id)
      expect(await codeOf(granted('m-nobody', newId('usr', world.clock()), 'ghost'))).toBe('not_found')
    })
  })

  test('as many and as long as they may be, roles leave a token that is taken', async () => {
    const { user } = await logIn(world)
    const membership = (n: number) => ({
      membershipId: `long-${n}`,
      userId: user.id,
      role: `${'front-desk-and-night-porter.'.repeat(2)}${n}`,
      unit: newId('usr', world.clock()),
    })
    const outcomes: string[] = []
    for (let n = 10; n < 42; n += 1)
      outcomes.push(await codeOf(followGrantedMembership(deps(), event(world.acme), membership(n))))
    expect(new Set(outcomes)).toEqual(new Set(['applied', 'wrong_state']))
    const { accessToken } = await logIn(world)
    const { roles = [] } = decodeJwt<{ roles?: string[] }>(accessToken)
    expect(roles).toHaveLength(outcomes.filter((outcome) => outcome === 'applied').length)
    expect(verifyAccessToken(world, accessToken)).toMatchObject({ userId: user.id })
  })

  test('C251, C257: a person is erased with their sessions, once; somebody who is not here is nothing to do', async () => {
    const { session, user } = await logIn(world)
    const requested = event(world.acme)
    expect(await eraseOnRequest(deps(), requested, { userId: user.id })).toBe('applied')
    expect(await eraseOnRequest(deps(), requested, { userId: user.id })).toBe('repeated')
    expect(await eraseOnRequest(deps(), event(world.acme, 2), { userId: user.id })).toBe('applied')
    expect(await auditOf(world, user.id)).toContain('user.erased')
    expect(
      (await eventsOf(world, world.acme, user.id)).filter(({ type }) => type === 'user.erased'),
    ).toHaveLength(1)
    expect(await auditOf(world, session.id)).toContain('session.revoked: user_erased')
    const { status, email } = await world.admin
      .selectFrom('iam.user')
      .select(['status', 'email'])
      .where('id', '=', user.id)
      .executeTakeFirstOrThrow()
    expect({ status, isAddress: email.includes('@') }).toEqual({ status: 'erased', isAddress: false })
    const nobody = newId('usr', world.clock())
    expect(await eraseOnRequest(deps(), event(world.acme, 3), { userId: nobody })).toBe('applied')
    const unknown = event(newId('ten', world.clock()))
    expect(await codeOf(eraseOnRequest(deps(), unknown, { userId: nobody }))).toBe('tenant_unknown')
  })
})
