import { addPerson, eventsOf } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearerOf, openOffice, type Method, type Office, type Person } from '../support/administration.ts'
import { openApp } from '../support/open-app.ts'

function byText(a: object, b: object): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
}

describe('administration of roles and tenants', () => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice()
  })
  afterAll(() => office.open.close())

  test('C205, C218: a role counts from the next request on, and is gone with it', async () => {
    const person = await office.fresh()
    const bearer = await bearerOf(office.open, person)
    const list = () => office.ask(bearer, ['GET', office.users('?limit=1')]).then(({ status }) => status)
    const path = office.users(`/${person.userId}/roles/tenant.admin`)
    expect(await list()).toBe(403)
    expect((await office.ask('owner', ['PUT', path])).body).toMatchObject({ roles: ['tenant.admin'] })
    expect(await list()).toBe(200)
    expect((await office.ask('owner', ['DELETE', path])).body).toMatchObject({ roles: [] })
    expect(await list()).toBe(403)
    const events = await eventsOf(office.world, person.tenantId, person.userId)
    const actor = { type: 'user', id: office.people.owner.userId }
    const payload = { userId: person.userId, role: 'tenant.admin', actor }
    expect(events.filter(({ type }) => type.startsWith('user.role_'))).toEqual([
      expect.objectContaining({ type: 'user.role_granted', payload }),
      expect.objectContaining({ type: 'user.role_revoked', payload }),
    ])
  })

  test('C218: the last owner of a tenant stays one, whoever asks', async () => {
    const { stranger } = office.people
    const path = `/tenants/${stranger.tenantId}/users/${stranger.userId}`
    const acts: [Method, string][] = [
      ['DELETE', `${path}/roles/tenant.owner`],
      ['DELETE', path],
      ['POST', `${path}/suspend`],
      ['POST', `${path}/lock`],
    ]
    for (const act of acts) expect((await office.ask('stranger', act)).body.code).toBe('not_allowed')
    for (const act of acts.slice(0, 2))
      expect((await office.ask('operator', act)).body.code).toBe('not_allowed')
    // An owner who is not active does not count.
    const second = await addPerson(office.world, {
      tenantId: stranger.tenantId,
      email: 'second@globex.example',
      role: 'tenant.owner',
    })
    await office.ask('operator', ['POST', `/tenants/${stranger.tenantId}/users/${second.userId}/suspend`])
    expect((await office.ask('stranger', acts[0] ?? ['GET', ''])).body.code).toBe('not_allowed')
    // Operators can stop one who does harm, and let them go on.
    expect((await office.ask('operator', ['POST', `${path}/suspend`])).status).toBe(200)
    expect((await office.ask('operator', ['POST', `${path}/reactivate`])).status).toBe(200)
    await office.logInAgain('stranger')
  })

  test('C218: of two owners who demote each other at once, one stays', async () => {
    const tenantId = office.world.globex
    await office.world.admin.deleteFrom('iam.role_assignment').where('tenant_id', '=', tenantId).execute()
    const names = Array.from({ length: 6 }, (_, n) => `rival${n}@globex.example`)
    const rivals: Person[] = []
    for (const email of names)
      rivals.push(await addPerson(office.world, { tenantId, email, role: 'tenant.owner' }))
    const tokens = await Promise.all(rivals.map((person) => bearerOf(office.open, person)))
    const outcomes = await Promise.all(
      tokens.map((bearer, n) => {
        const next = rivals[(n + 1) % rivals.length]?.userId
        return office.ask(bearer, ['DELETE', `/tenants/${tenantId}/users/${next}/roles/tenant.owner`])
      }),
    )
    const left = await office.world.admin
      .selectFrom('iam.role_assignment')
      .select('user_id')
      .where('tenant_id', '=', tenantId)
      .where('role', '=', 'tenant.owner')
      .execute()
    expect(left.length).toBeGreaterThan(0)
    expect(left.length).toBe(rivals.length - outcomes.filter(({ status }) => status === 200).length)
  })

  test('what an operator does in a tenant stands in the audit trail of both', async () => {
    const person = await office.fresh()
    const { operator } = office.people
    const path = office.users(`/${person.userId}`)
    await office.ask('operator', ['GET', path])
    await office.ask('operator', ['POST', `${path}/suspend`])
    const rows = await office.world.admin
      .selectFrom('iam.audit_event')
      .select(['tenant_id', 'actor_type', 'action', 'target_type', 'target_id', 'request_id'])
      .where('actor_id', '=', operator.userId)
      .where('action', 'in', ['user.read', 'user.suspended'])
      .orderBy('xid', 'desc')
      .orderBy('tenant_id', 'desc')
      .limit(4)
      .execute()
    const both = (action: string) => [
      {
        tenant_id: person.tenantId,
        actor_type: 'operator',
        action,
        target_type: 'user',
        target_id: person.userId,
      },
      {
        tenant_id: operator.tenantId,
        actor_type: 'operator',
        action,
        target_type: 'tenant',
        target_id: person.tenantId,
      },
    ]
    const seen = rows.map(({ request_id: _id, ...row }) => row)
    expect(seen.toSorted(byText)).toEqual([...both('user.read'), ...both('user.suspended')].toSorted(byText))
    expect(new Set(rows.map((row) => row.request_id)).size).toBe(2)
  })

  test('only operators list, make, suspend and reactivate tenants, and never their own', async () => {
    const { acme } = office.world
    const calls: [Method, string, object?][] = [
      ['GET', '/tenants'],
      ['POST', '/tenants', { slug: 'initrode', name: 'Initrode' }],
      ['POST', `/tenants/${acme}/suspend`],
      ['POST', `/tenants/${acme}/reactivate`],
    ]
    for (const who of ['owner', 'admin', 'member', 'clerk', 'stranger'] as const) {
      for (const [method, path, body] of calls) {
        const { status, body: answer } = await office.ask(
          who,
          [method, path],
          body === undefined ? {} : { body },
        )
        expect([403, 404]).toContain(status)
        expect(['not_allowed', 'tenant_unknown']).toContain(answer.code)
      }
    }
    const own = `/tenants/${office.people.operator.tenantId}/suspend`
    expect((await office.ask('operator', ['POST', own])).body.code).toBe('not_allowed')
    expect((await office.logIn(office.people.member)).status).toBe(200)
  })

  test('a new tenant gets its first owner by invitation, and its slug is taken from then on', async () => {
    const made = await office.ask('operator', ['POST', '/tenants'], {
      body: { slug: 'umbrella', name: 'Umbrella' },
    })
    expect(made).toMatchObject({
      status: 201,
      body: { slug: 'umbrella', name: 'Umbrella', status: 'active' },
    })
    const again = await office.ask('operator', ['POST', '/tenants'], {
      body: { slug: 'umbrella', name: 'X' },
    })
    expect(again.body.code).toBe('slug_taken')
    const tenantId = made.body['id'] as Person['tenantId']
    const invited = await office.ask('operator', ['POST', `/tenants/${tenantId}/users`], {
      body: { email: 'owner@umbrella.example', roles: ['tenant.owner'] },
    })
    expect(invited).toMatchObject({ status: 201, body: { roles: ['tenant.owner'] } })
    const { items = [] } = (await office.ask('operator', ['GET', '/tenants?limit=100'])).body
    expect(items.map(({ id }) => id)).toContain(tenantId)
    expect(items[0]).not.toHaveProperty('name')
  })

  test('a suspended tenant is refused everywhere within half a minute, and goes on where it was', async () => {
    const { globex } = office.world
    const other = await openApp({ database: office.world.database, clock: office.world.testClock })
    const person = await addPerson(office.world, { tenantId: globex, email: 'someone@globex.example' })
    const bearer = await bearerOf(office.open, person)
    await office.session(bearer, other)
    expect((await office.ask('operator', ['POST', `/tenants/${globex}/suspend`])).body).toMatchObject({
      status: 'suspended',
    })
    expect(await office.session(bearer)).toBe('tenant_suspended')
    expect((await office.logIn(person)).body.code).toBe('tenant_suspended')
    await office.world.testClock.advance(31)
    await other.world.revocations.poll()
    expect(await office.session(bearer, other)).toBe('tenant_suspended')
    expect((await office.ask('operator', ['GET', `/tenants/${globex}`])).body).toMatchObject({
      status: 'suspended',
    })
    await office.ask('operator', ['POST', `/tenants/${globex}/reactivate`])
    await office.world.revocations.poll()
    expect(await office.session(bearer)).toBe(200)
    await other.close()
  })
})
