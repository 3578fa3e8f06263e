import { auditOf, deliverMails } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Authenticator } from '../support/authenticator.ts'
import { openApp, type TestApp } from '../support/open-app.ts'

const geoHeaders = {
  country: 'X-Geo-Country',
  subdivision: 'X-Geo-Subdivision',
  coordinates: 'X-Geo-Lat-Long',
}
const exit = '198.51.100.77'

interface From {
  readonly headers?: Record<string, string | string[]>
  readonly remoteAddress?: string
  readonly email?: string
  readonly password?: string
}

describe('where people log in from', () => {
  let open: TestApp
  beforeAll(async () => {
    open = await openApp({ geoHeaders, torExits: { includes: (address) => address === exit } })
  })
  afterAll(() => open.close())

  const decide = (policy: object) =>
    open.world.admin
      .updateTable('iam.tenant')
      .set({ policy: JSON.stringify(policy) })
      .where('tenant_id', '=', open.world.acme)
      .execute()

  async function logIn({ headers = {}, remoteAddress, email, password }: From = {}) {
    const { demo } = open.world
    const response = await open.app.inject({
      method: 'POST',
      url: '/api/v1/auth/login',
      ...(remoteAddress === undefined ? {} : { remoteAddress }),
      headers: { 'x-tenant-id': 'acme', ...headers },
      payload: { email: email ?? demo.tenants[0].email, password: password ?? demo.password },
    })
    const { code = '' } = response.json<{ code?: string }>()
    return response.statusCode === 200 ? 'in' : code
  }
  const at = (country: string, subdivision?: string) => ({
    headers: {
      'x-geo-country': country,
      ...(subdivision === undefined ? {} : { 'x-geo-subdivision': subdivision }),
    },
  })

  test.each<[string, object, From, string]>([
    ['anywhere, where the tenant names no country', {}, at('JP'), 'in'],
    ['in a country of the tenant’s', { allowedCountries: ['DE', 'FR'] }, at('de'), 'in'],
    ['in another one', { allowedCountries: ['DE', 'FR'] }, at('JP'), 'location_not_allowed'],
    ['where the load balancer cannot tell', { allowedCountries: ['DE'] }, at('ZZ'), 'location_not_allowed'],
    ['where it says nothing', { allowedCountries: ['DE'] }, {}, 'location_not_allowed'],
    [
      'where it says two things',
      { allowedCountries: ['DE'] },
      { headers: { 'x-geo-country': ['DE', 'DE'] } },
      'location_not_allowed',
    ],
    [
      'saying so themselves, without the load balancer',
      { allowedCountries: ['DE'] },
      { ...at('DE'), remoteAddress: '203.0.113.7' },
      'location_not_allowed',
    ],
    ['in an embargoed country', { allowedCountries: ['CU'] }, at('CU'), 'location_not_allowed'],
    ['in an embargoed region', {}, at('UA', 'UA-43'), 'location_not_allowed'],
    ['beside it', {}, at('UA', 'UA-30'), 'in'],
    ['by an exit of Tor', {}, { headers: { 'x-forwarded-for': exit } }, 'location_not_allowed'],
    [
      'by one, where the tenant wants them',
      { allowTor: true },
      { headers: { 'x-forwarded-for': exit } },
      'in',
    ],
  ])('C194: lets people in, or not, %s', async (_what, policy, from, answer) => {
    await decide(policy)
    expect(await logIn(from)).toBe(answer)
  })

  test('C194: refuses everybody alike, whoever they say they are, and asks nothing of the account', async () => {
    await decide({})
    const { world } = open
    const work = async (from: From) => {
      const before = { hashes: world.hasher.count.hashes, waits: world.waits.count }
      const answer = await logIn({ ...at('KP'), ...from })
      return {
        answer,
        hashes: world.hasher.count.hashes - before.hashes,
        waits: world.waits.count - before.waits,
      }
    }
    const right = await work({})
    expect(right).toMatchObject({ answer: 'location_not_allowed', hashes: 0 })
    expect(await work({ password: 'wrong' })).toEqual(right)
    expect(await work({ email: 'nobody@acme.example' })).toEqual(right)
  })

  test('C190: looks where somebody is at the second step as well', async () => {
    const { world } = open
    await decide({ mfa: 'required', riskChallengeAt: 100 })
    const ask = async (path: string, payload: object, country: string) => {
      const response = await open.app.inject({
        method: 'POST',
        url: `/api/v1/auth/${path}`,
        headers: { 'x-tenant-id': 'acme', ...at(country).headers },
        payload,
      })
      return response.json<{ code?: string; challenge?: { id: string }; secret?: string; id?: string }>()
    }
    const { email } = world.demo.tenants[0]
    const { challenge } = await ask('login', { email, password: world.demo.password }, 'DE')
    const setup = await ask('mfa/enrol', { challenge: challenge?.id }, 'DE')
    const code = new Authenticator(String(setup.secret), world.clock).code()
    const answer = { challenge: challenge?.id, factor: setup.id, code }
    expect((await ask('mfa/enrol/confirm', answer, 'KP')).code).toBe('location_not_allowed')
    expect(await ask('mfa/enrol/confirm', answer, 'DE')).toHaveProperty('accessToken')
  })

  test('makes nobody an account from where nobody may log in', async () => {
    await decide({})
    const response = await open.app.inject({
      method: 'POST',
      url: '/api/v1/auth/register',
      headers: { 'x-tenant-id': 'acme', 'x-geo-country': 'KP' },
      payload: { email: 'newcomer@acme.example', password: 'a long enough password' },
    })
    expect(response.json()).toMatchObject({ status: 403, code: 'location_not_allowed' })
    const mailed = (await deliverMails(open.world)).map(({ to }) => to)
    expect(mailed).not.toContain('newcomer@acme.example')
  })

  test('records a refusal without the account’s name', async () => {
    const { world } = open
    await decide({})
    const { user_id: userId } = await world.admin
      .selectFrom('iam.session')
      .select('user_id')
      .limit(1)
      .executeTakeFirstOrThrow()
    const before = await auditOf(world, userId)
    await logIn(at('KP'))
    expect(await auditOf(world, userId)).toEqual(before)
    const newest = await world.admin
      .selectFrom('iam.audit_event')
      .select(['action', 'reason', 'target_id', 'subject_hmac'])
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow()
    expect(newest).toEqual({
      action: 'user.login_failed',
      reason: 'location_not_allowed',
      target_id: null,
      subject_hmac: expect.any(Buffer) as Buffer,
    })
  })
})
