import { auditOf, holdPasskey } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openOffice, type Answer, type Office } from '../support/administration.ts'

describe('administration of a policy', () => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice()
  })
  afterAll(() => office.open.close())

  const path = () => `/tenants/${office.world.acme}/policy`
  const change = (body: object, headers: Record<string, string> = {}) =>
    office.ask('admin', ['PATCH', path()], { body, headers })

  test('is told with its defaults, changed in part, and taken back member by member', async () => {
    const before = await office.ask('admin', ['GET', path()])
    expect(before.body).toMatchObject({
      selfRegistration: true,
      allowedDomains: [],
      passwordLogin: true,
      passwordMinLength: 15,
    })
    const changed = await change({ passwordMinLength: 20, maxSessions: 3 })
    expect(changed.body).toEqual({ ...before.body, passwordMinLength: 20, maxSessions: 3 })
    expect(changed.headers['etag']).not.toBe(before.headers['etag'])
    expect((await change({ passwordMinLength: null, maxSessions: null })).body).toEqual(before.body)
    const [last, first] = (await auditOf(office.world, office.world.acme))
      .filter((row) => row.startsWith('policy.'))
      .toReversed()
    expect([first, last]).toEqual(Array(2).fill('policy.changed: passwordMinLength, maxSessions'))
  })

  test.each([
    { passwordMinLength: 7 },
    { passwordMinLength: 65 },
    { passwordMinLength: '20' },
    { sessionSeconds: 299 },
    { sessionSeconds: 86_401 },
    { sessionIdleSeconds: 59 },
    { maxSessions: 0 },
    { breachCheck: 'sometimes' },
    { allowedDomains: ['Acme.example'] },
    { allowedDomains: ['acme'] },
    { allowedDomains: ['a..example'] },
    { allowedDomains: 'acme.example' },
    { selfRegistration: 'yes' },
    { unknown: true },
    { __proto__x: 1 },
  ])('C219: refuses %j', async (body) => {
    const before = await office.ask('admin', ['GET', path()])
    expect((await change(body)).body.code).toBe('invalid_request')
    expect(await office.ask('admin', ['GET', path()])).toMatchObject({ body: before.body })
  })

  test('is changed by one of two who read the same version', async () => {
    const etag = String((await office.ask('admin', ['GET', path()])).headers['etag'])
    const both = await Promise.all([4, 5].map((maxSessions) => change({ maxSessions }, { 'if-match': etag })))
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412])
    await change({ maxSessions: null })
  })

  test('C183: strangers register with allowed domains alone, whoever is registered', async () => {
    await change({ allowedDomains: ['acme.example', 'xn--bcher-kva.example'] })
    const register = (email: string) =>
      office
        .ask(undefined, ['POST', '/auth/register'], {
          body: { email, password: 'a password that nobody guesses' },
          headers: { 'x-tenant-id': 'acme' },
        })
        .then(({ status, body }) => body.code ?? status)
    for (const email of [
      'new@acme.example',
      'New2@ACME.example',
      office.people.member.email,
      'x@bücher.example',
    ]) {
      expect([email, await register(email)]).toEqual([email, 202])
    }
    for (const email of [
      'new@other.example',
      'invited@partner.example',
      'x@sub.acme.example',
      'x@acme.example.evil.example',
    ]) {
      expect([email, await register(email)]).toEqual([email, 'domain_not_allowed'])
    }
    await change({ allowedDomains: null })
  })

  test('C184: where passwords do not log in, a right one is answered like a wrong one', async () => {
    await change({ passwordLogin: false })
    const person = await office.fresh()
    const right = await office.logIn(person)
    const wrong = await office.logIn(person, 'wrong')
    const shown = ({ status, body: { code, detail, title } }: Answer) => ({ status, code, detail, title })
    expect(shown(right)).toEqual(shown(wrong))
    expect(right.body.code).toBe('invalid_credentials')
    await change({ passwordLogin: null })
    expect((await office.logIn(person)).status).toBe(200)
    const system = `/tenants/${office.people.operator.tenantId}/policy`
    expect(
      (await office.ask('operator', ['PATCH', system], { body: { passwordLogin: false } })).body.code,
    ).toBe('not_allowed')
  })

  test.each([
    { rpId: 'Login.acme.example' },
    { rpId: 'https://login.acme.example' },
    { rpId: 'acme' },
    { webauthnOrigins: ['http://shop.acme.example'] },
    { webauthnOrigins: ['https://shop.acme.example/'] },
    { webauthnOrigins: ['https://*.acme.example'] },
    { webauthnOrigins: 'https://shop.acme.example' },
    { userVerification: 'discouraged' },
  ])('C195: refuses %j', async (body) => {
    expect((await change(body)).body.code).toBe('invalid_request')
  })

  describe('passkeys’ host', () => {
    const ofTenant = (tenantId: string, rpId: string | null) =>
      office
        .ask('operator', ['PATCH', `/tenants/${tenantId}/policy`], { body: { rpId } })
        .then(({ status, body }) => body.code ?? status)

    test('is set by operators alone, for one tenant, while there are no passkeys', async () => {
      const { world, people } = office
      expect((await change({ rpId: 'login.acme.example' })).body.code).toBe('not_allowed')
      expect(await ofTenant(world.acme, 'login.acme.example')).toBe(200)
      expect((await change({ webauthnOrigins: ['https://shop.acme.example'] })).status).toBe(200)
      expect(await ofTenant(world.globex, 'login.acme.example')).toBe('wrong_state')
      expect(await ofTenant(world.globex, 'login.globex.example')).toBe(200)
      expect(await ofTenant(world.globex, null)).toBe(200)
      expect(await ofTenant(world.acme, 'id.acme.example')).toBe(200)
      await holdPasskey(world, people.member)
      for (const rpId of [null, 'login.acme.example'])
        expect(await ofTenant(world.acme, rpId)).toBe('wrong_state')
      expect(await ofTenant(world.acme, 'id.acme.example')).toBe(200)
      expect((await office.ask('admin', ['GET', path()])).body).toMatchObject({ rpId: 'id.acme.example' })
      expect((await change({ webauthnOrigins: null })).status).toBe(200)
    })

    test('is never another one than that of a passkey, whichever comes first', async () => {
      const { world, people } = office
      const { tenantId } = people.stranger
      for (let n = 0; n < 10; n += 1) {
        await world.admin.deleteFrom('iam.factor').where('tenant_id', '=', tenantId).execute()
        await Promise.allSettled([
          holdPasskey(world, people.stranger),
          ofTenant(tenantId, `host${n}.globex.example`),
        ])
        const { body } = await office.ask('operator', ['GET', `/tenants/${tenantId}/policy`])
        const held = await world.admin
          .selectFrom('iam.passkey')
          .select('rp_id')
          .where('tenant_id', '=', tenantId)
          .execute()
        const host = body['rpId'] ?? new URL(world.issuer).hostname
        expect(held.filter(({ rp_id }) => rp_id !== host)).toEqual([])
      }
    })
  })
})
