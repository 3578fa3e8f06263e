import { auditOf, deliverMails } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openOffice, type Method, type Office, type People, type Person } from '../support/administration.ts'
import { challengeIn, Holders, textOf } from '../support/holder.ts'

interface Act {
  readonly send: readonly [method: Method, path: string, body?: object]
  /** Whether it hands over an account or the tenant, or cannot be taken back. */
  readonly asks: boolean
}

/** Every write of an administrator; `{userId}` is somebody of the tenant. */
const acts: Record<string, Act> = {
  'give a role': { send: ['PUT', '/users/{userId}/roles/tenant.admin'], asks: true },
  'take a role': { send: ['DELETE', '/users/{userId}/roles/tenant.admin'], asks: true },
  'invite an owner': {
    send: ['POST', '/users', { email: 'o@new.example', roles: ['tenant.owner'] }],
    asks: true,
  },
  'invite an admin': {
    send: ['POST', '/users', { email: 'a@new.example', roles: ['tenant.admin'] }],
    asks: true,
  },
  invite: { send: ['POST', '/users', { email: 'm@new.example' }], asks: false },
  'change the policy': { send: ['PATCH', '/policy', { maxSessions: 9 }], asks: true },
  'pin an algorithm': {
    send: ['PUT', '/token-algorithms', { client: 'first-party', alg: null }],
    asks: true,
  },
  'mail a password reset': { send: ['POST', '/users/{userId}/password-reset'], asks: true },
  change: { send: ['PATCH', '/users/{userId}', { locale: 'fr' }], asks: false },
  suspend: { send: ['POST', '/users/{userId}/suspend'], asks: false },
  reactivate: { send: ['POST', '/users/{userId}/reactivate'], asks: false },
  lock: { send: ['POST', '/users/{userId}/lock'], asks: false },
  unlock: { send: ['POST', '/users/{userId}/unlock'], asks: false },
  'end sessions': { send: ['DELETE', '/users/{userId}/sessions'], asks: false },
  'revoke devices': { send: ['DELETE', '/users/{userId}/devices'], asks: false },
  'ask for an export': { send: ['POST', '/users/{userId}/data-export'], asks: true },
  'take all second factors': { send: ['DELETE', '/users/{userId}/mfa-factors'], asks: true },
  erase: { send: ['DELETE', '/users/{userId}'], asks: true },
}

/** ASVS 5.0 7.5.1. */
describe('an administrator who logged in long ago', () => {
  let office: Office
  let person: Person
  beforeAll(async () => {
    office = await openOffice()
    person = await office.fresh()
    await office.world.testClock.advance(302)
    await deliverMails(office.world)
  })
  afterAll(() => office.open.close())

  const send = (name: string) => {
    const [method, path, body] = acts[name]?.send ?? ['GET', '']
    const at = `/tenants/${office.world.acme}${path.replace('{userId}', person.userId)}`
    return office.ask('owner', [method, at], body === undefined ? {} : { body })
  }

  test.each(Object.entries(acts).map(([name, { asks }]) => [name, asks] as const))(
    '%s: asks for another login: %s',
    async (name, asks) => {
      const { status, body, headers } = await send(name)
      if (!asks) {
        expect(status).toBeLessThan(300)
        return
      }
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'reauthentication_required' })
      expect(headers['www-authenticate']).toContain('error="insufficient_user_authentication", max_age="300"')
    },
  )

  test('who may not do it at all is told that, not to log in again', async () => {
    const at = `/tenants/${office.world.acme}/users/${person.userId}/roles/tenant.owner`
    expect((await office.ask('member', ['PUT', at])).body.code).toBe('not_allowed')
  })

  test('after another login, does what was refused, which stands in the audit trail with its reason', async () => {
    await office.logInAgain('owner')
    for (const [name, { asks }] of Object.entries(acts))
      if (asks) expect([name, (await send(name)).status < 300]).toEqual([name, true])
    expect(await auditOf(office.world, office.world.acme)).toContain(
      'policy.changed: reauthentication_required',
    )
    expect(await auditOf(office.world, person.userId)).toEqual(
      expect.arrayContaining([
        'user.role_granted: reauthentication_required',
        'user.role_granted',
        'user.erased: reauthentication_required',
        'user.erased',
      ]),
    )
  })

  test('by step-up, does it with the token that step-up gave; the one from before is as old as it was', async () => {
    const holders = new Holders(office.open)
    const admin = await office.fresh('tenant.admin')
    const first = await holders.tokenOf(admin)
    const { app, factorId } = await holders.begin(first)
    await holders.confirm(first, factorId, app.code())
    await office.world.testClock.advance(60)
    const loggedIn = await holders.logInFully({ ...admin, app, factorId, recoveryCodes: [] })
    const before = textOf(loggedIn.body['accessToken'])
    await office.world.testClock.advance(302)
    const stepUp = (body: object) => holders.ask('POST', '/auth/step-up', { body, token: before })
    const raised = await stepUp({ challenge: challengeIn(await stepUp({})), code: app.code() })
    const invite = (token: string) =>
      holders.ask('POST', office.users(), {
        body: { email: 'stepped-up@new.example', roles: ['tenant.admin'] },
        token,
      })
    expect((await invite(before)).body.code).toBe('reauthentication_required')
    expect((await invite(textOf(raised.body['accessToken']))).status).toBe(201)
  })

  test('is tried with every write that administrators have', async () => {
    const { paths } = (await office.open.app.inject({ url: '/api/v1/openapi.json' })).json<{
      paths: Record<string, object>
    }>()
    const writes = Object.entries(paths)
      .filter(([path]) => path.startsWith('/api/v1/tenants/{tenantId}'))
      .flatMap(([path, methods]) =>
        Object.keys(methods)
          .filter((method) => method !== 'get')
          .map((method) => `${method.toUpperCase()} ${path.slice('/api/v1/tenants/{tenantId}'.length)}`),
      )
    const tried = new Set(
      Object.values(acts).map(
        ({ send: [method, path] }) => `${method} ${path.replace(/(?<=roles\/).+/, '{role}')}`,
      ),
    )
    // Only operators', like ending all sessions, and one that changes nothing.
    const quick = ['POST /suspend', 'POST /reactivate', 'DELETE /users/{userId}/sessions/{sessionId}']
    quick.push('POST /policy/what-if', 'DELETE /users/{userId}/devices/{deviceId}')
    expect(writes.filter((write) => !tried.has(write) && !quick.includes(write))).toEqual([])
  })
})

describe('C187, C191: an administrator who has a second factor and logged in without it', () => {
  let office: Office
  let holders: Holders
  let person: Person
  beforeAll(async () => {
    office = await openOffice()
    holders = new Holders(office.open)
    person = await office.fresh()
    await deliverMails(office.world)
  })
  afterAll(() => office.open.close())

  /** Their session is from before they had the factor, and recent. */
  async function holderWithOldSession(who: keyof People) {
    const token = (await office.bearer(office.people[who])).authorization.replace('Bearer ', '')
    const { app, factorId } = await holders.begin(token)
    expect((await holders.confirm(token, factorId, app.code())).status).toBe(200)
    await office.world.testClock.advance(60)
    return { token, app }
  }

  const send = (token: string, name: string, userId = person.userId) => {
    const [method, path, body] = acts[name]?.send ?? ['GET', '']
    const at = `/tenants/${office.world.acme}${path.replace('{userId}', userId)}`
    const bearer = { authorization: `Bearer ${token}` }
    return office.ask(bearer, [method, at], body === undefined ? {} : { body })
  }

  test.each(['owner', 'operator'] as const)('%s: is asked for it where a recent login is', async (who) => {
    const { token, app } = await holderWithOldSession(who)
    for (const [name, { asks }] of Object.entries(acts)) {
      const { status, body, headers } = await send(token, name)
      if (!asks) {
        expect([name, body.code]).not.toEqual([name, 'reauthentication_required'])
        continue
      }
      expect([name, status, body.code]).toEqual([name, 401, 'reauthentication_required'])
      expect(headers['www-authenticate']).toContain('acr_values="aal2"')
    }
    const stepUp = (body: object = {}) => holders.ask('POST', '/auth/step-up', { body, token })
    const raised = await stepUp({ challenge: challengeIn(await stepUp()), code: app.code() })
    expect((await send(textOf(raised.body['accessToken']), 'change the policy')).status).toBe(200)
    // A token that somebody took before knows no more than it did.
    expect((await send(token, 'change the policy')).body.code).toBe('reauthentication_required')
  })

  test('cannot take their own factors away as an administrator either', async () => {
    const { token } = await holderWithOldSession('admin')
    const refused = await send(token, 'take all second factors', office.people.admin.userId)
    expect(refused.body.code).toBe('reauthentication_required')
  })
})
