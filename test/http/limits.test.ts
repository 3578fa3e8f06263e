import { limits } from '@iam/domain/limit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { altered, deliverMails, tokenIn } from '@iam/testkit/world'
import { openApp, type TestApp } from '../support/open-app.ts'

const password = 'correct horse battery staple'
const fresh = 'quilted harbour lantern moss'

describe('limits on requests', () => {
  let open: TestApp
  beforeAll(async () => {
    open = await openApp({ limits: 1 })
  })
  afterAll(() => open.close())

  let networks = 0
  /** A network that nobody has called from. */
  const newNetwork = () => `10.${(networks += 1) >> 8}.${networks & 255}.1`

  interface Send {
    readonly from?: string
    readonly headers?: Record<string, string>
  }

  async function post(path: string, body: object, { from = newNetwork(), headers = {} }: Send = {}) {
    const response = await open.app.inject({
      method: 'POST',
      url: `/api/v1${path}`,
      headers: {
        'content-type': 'application/json',
        'x-tenant-id': 'acme',
        'x-forwarded-for': from,
        ...headers,
      },
      payload: JSON.stringify(body),
    })
    return { status: response.statusCode, headers: response.headers, json: () => response.json<Json>() }
  }
  type Json = Record<string, unknown>
  type Sent = Awaited<ReturnType<typeof post>>

  const guess = (email: string, send: Send = {}) =>
    post('/auth/login', { email, password: 'a wrong password' }, send)
  const login = (send: Send = {}, email = 'ada@acme.example') =>
    post('/auth/login', { email, password }, send)

  async function statusesOf(times: number, send: () => Promise<Sent>): Promise<number[]> {
    const statuses: number[] = []
    for (let n = 0; n < times; n += 1) statuses.push((await send()).status)
    return statuses
  }

  function expectLimited({ status, headers, json }: Sent): void {
    expect(status).toBe(429)
    expect(json()).toMatchObject({ code: 'rate_limited', retriable: true, status: 429 })
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect(headers['ratelimit']).toMatch(/^"[a-z-]+";r=0;t=\d+$|, "[a-z-]+";r=0;t=\d+$/)
  }

  test('login: ten a minute from a network, whoever is named, and its answers tell where one stands', async () => {
    const from = newNetwork()
    const first = await guess('n0@acme.example', { from })
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"login";q=10;w=60',
      ratelimit: '"login";r=9;t=60',
      'ratelimit-limit': '10',
      'ratelimit-remaining': '9',
      'ratelimit-reset': '60',
    })
    let n = 0
    expect(new Set(await statusesOf(9, () => guess(`n${(n += 1)}@acme.example`, { from })))).toEqual(
      new Set([401]),
    )
    const refused = await login({ from })
    expectLimited(refused)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60)
    const welcome = await login()
    expect(welcome.status).toBe(200)
    expect(welcome.headers['ratelimit']).toBe('"login";r=9;t=60')
  })

  test('C166: login: ten a minute at an address, from however many networks, known or unknown alike', async () => {
    const seen = async (email: string) => {
      const answers: unknown[] = []
      for (let n = 0; n < 12; n += 1) {
        const { status, headers, json } = await guess(email)
        const { code, detail } = json()
        // But for the seconds that are left, which pass while this asks.
        const limit = String(headers['ratelimit']).replaceAll(/;t=\d+/g, '')
        answers.push({ status, code, detail, headers: Object.keys(headers), limit })
      }
      return answers
    }
    const { email } = await registered('known')
    const known = await seen(email)
    expect(known).toEqual(await seen('unknown@acme.example'))
    expect(known.slice(10)).toMatchObject([{ status: 429 }, { status: 429 }])
    // What others did at the address is not told to whoever asks once.
    expect(JSON.stringify(known.slice(0, 10))).not.toContain('login-address')
  })

  test('C168: of 500 guesses at once no more than ten are verified', async () => {
    const { email } = await registered('guessed')
    const hashes = open.world.hasher.count.hashes
    const sent = await Promise.all(Array.from({ length: 500 }, () => guess(email)))
    expect(open.world.hasher.count.hashes - hashes).toBe(limits['login-address'].points)
    expect(sent.filter(({ status }) => status === 401)).toHaveLength(10)
    expect(sent.filter(({ status }) => status === 429)).toHaveLength(490)
  })

  test('C241: counts by the address that the trusted proxy saw, whatever the client wrote before it', async () => {
    const from = newNetwork()
    let n = 0
    const spoofed = () => {
      n += 1
      const said = [`203.0.113.${n}`, 'unknown', `"[2001:db8::${n}]:80"`, '127.0.0.1', '', '10.0.0.1:8080']
      return guess(`s${n}@acme.example`, { from: `${said[n % said.length]}, ${from}` })
    }
    expect((await statusesOf(12, spoofed)).slice(9)).toEqual([401, 429, 429])
    const headers = { forwarded: 'for=192.0.2.60', 'x-real-ip': '192.0.2.61', 'client-ip': '192.0.2.62' }
    expect((await guess('s@acme.example', { from, headers })).status).toBe(429)
    expect((await guess('s@acme.example', { from: `::ffff:${from}` })).status).toBe(429)
  })

  test('C241: believes nobody who is not a trusted proxy', async () => {
    const send = (n: number) =>
      open.app.inject({
        method: 'POST',
        url: '/api/v1/auth/login',
        remoteAddress: '198.51.100.7',
        headers: { 'x-tenant-id': 'acme', 'x-forwarded-for': `203.0.113.${n}` },
        payload: { email: `t${n}@acme.example`, password: 'x' },
      })
    const statuses: number[] = []
    for (let n = 0; n < 11; n += 1) statuses.push((await send(n)).statusCode)
    expect(statuses.slice(9)).toEqual([401, 429])
  })

  test('C241: counts an IPv6 subscriber as one, and the next one apart', async () => {
    let n = 0
    const inside = () => guess(`v${(n += 1)}@acme.example`, { from: `2001:db8:1:2:${n}::${n}` })
    expect((await statusesOf(11, inside)).slice(9)).toEqual([401, 429])
    expect((await guess('v@acme.example', { from: '2001:db8:1:3::1' })).status).toBe(401)
  })

  test('counts each tenant apart', async () => {
    const from = newNetwork()
    await statusesOf(10, () => guess('x@acme.example', { from }))
    expect((await guess('x@acme.example', { from })).status).toBe(429)
    expect((await guess('x@acme.example', { from, headers: { 'x-tenant-id': 'globex' } })).status).toBe(401)
  })

  test('register: ten an hour from a network', async () => {
    const from = newNetwork()
    let n = 0
    const register = () => post('/auth/register', { email: `r${(n += 1)}@acme.example`, password }, { from })
    expect(new Set(await statusesOf(10, register))).toEqual(new Set([202]))
    const refused = await register()
    expectLimited(refused)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3500)
  })

  async function registered(name: string): Promise<{ email: string }> {
    const email = `${name}@acme.example`
    expect((await post('/auth/register', { email, password })).status).toBe(202)
    return { email }
  }

  test('refresh: sixty a minute for a family, and who is refused is not logged out', async () => {
    const { email } = await registered('refreshing')
    const { refreshToken: first } = (await login({}, email)).json()
    let refreshToken = first
    for (let n = 0; n < 60; n += 1) {
      const sent = await post('/auth/refresh', { refreshToken })
      expect(sent.status).toBe(200)
      expect(sent.headers['ratelimit-remaining']).toBe(String(59 - n))
      refreshToken = sent.json()['refreshToken']
    }
    const refused = await post('/auth/refresh', { refreshToken })
    expectLimited(refused)
    expect(refused.headers['retry-after']).toBe('1')
    expect(refused.headers['ratelimit-policy']).toBe('"refresh";q=60;w=60')
    await open.world.forget() // as its period does
    expect((await post('/auth/refresh', { refreshToken })).status).toBe(429) // the instance has counted along
    const another = (await login({}, email)).json()
    expect((await post('/auth/refresh', { refreshToken: another['refreshToken'] })).status).toBe(200)
  })

  test.each([
    ['/auth/password/reset/request', 3, 'password-reset-address'],
    ['/auth/verify-email/request', 3, 'verify-email-address'],
  ])('%s: three an hour for an address, known or unknown alike', async (path, points) => {
    const seen = async (email: string) => {
      const sent: Sent[] = []
      for (let n = 0; n < points + 2; n += 1) sent.push(await post(path, { email }))
      expectLimited(sent.at(-1) as Sent)
      expect(Number(sent.at(-1)?.headers['retry-after'])).toBeGreaterThan(3500)
      return sent.map(({ status, headers }) => ({ status, headers: Object.keys(headers) }))
    }
    const known = await seen((await registered(`mailed${path.length}`)).email)
    expect(known.map(({ status }) => status)).toEqual([202, 202, 202, 429, 429])
    expect(await seen('unmailed@acme.example')).toEqual(known)
  })

  test('C179: the digits of a mail: five guesses in ten minutes at an address, from however many networks', async () => {
    const { email } = await registered('digits')
    const guessCode = () => post('/auth/verify-email', { email, code: '00000000' })
    expect(await statusesOf(6, guessCode)).toEqual([400, 400, 400, 400, 400, 429])
  })

  test('a link’s token: thirty in ten minutes from a network', async () => {
    const from = newNetwork()
    const paths = ['/auth/verify-email', '/auth/email/confirm', '/auth/email/undo']
    const body = { token: `mlo_${'0'.repeat(132)}` }
    let n = 0
    const use = () => post(paths[(n += 1) % 3] ?? '', body, { from })
    const statuses = await statusesOf(32, use)
    expect(statuses.slice(30)).toEqual([429, 429])
    expect(statuses.slice(0, 30)).not.toContain(429)
  })

  test('a password asked for within a session: five a minute for its person', async () => {
    const { email } = await registered('inside')
    const { accessToken } = (await login({}, email)).json()
    const headers = { authorization: `Bearer ${String(accessToken)}` }
    const change = { currentPassword: 'a wrong password', newPassword: 'a long enough password' }
    const ask = () => post('/auth/password/change', change, { headers })
    expect(await statusesOf(6, ask)).toEqual([401, 401, 401, 401, 401, 429])
    const other = await post('/me/email', { email: 'x@acme.example', password }, { headers })
    expectLimited(other)
  })

  test('C167: a browser that logged in before is known by its cookie, which opens nothing', async () => {
    const { email } = await registered('browser')
    const origin = 'https://id.example.test'
    const opened = await login({ headers: { origin } }, email)
    const cookies = [opened.headers['set-cookie']].flat().map(String)
    const cookie = cookies.find((each) => each.startsWith('__Host-iam_device_')) ?? ''
    expect(cookie).toMatch(
      /^__Host-iam_device_[0-9A-Z]{26}=[\w-]{43}; Max-Age=7776000; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    )
    const headers = { origin, cookie: cookie.split(';')[0] ?? '' }
    await statusesOf(12, () => guess(email))
    expectLimited(await login({}, email))
    const again = await login({ headers }, email)
    expect(again.status).toBe(200)
    expect(again.headers['ratelimit-policy']).toBe('"login-device";q=10;w=60')
    expect((await guess(email, { headers })).status).toBe(401)
  })

  test('C167: strangers who try passwords keep nobody out who chose a new one by mail, wherever that was', async () => {
    const { email } = await registered('besieged')
    await deliverMails(open.world)
    const from = newNetwork()
    const headers = { 'user-agent': 'Hotel/4.2 (iPhone; iOS 18.5)' }
    const siege = () => statusesOf(12, () => guess(email))
    await siege()
    expectLimited(await login({ from, headers }, email))
    await post('/auth/password/reset/request', { email }, { from, headers })
    const token = tokenIn((await deliverMails(open.world))[0])
    const reset = await post('/auth/password/reset/confirm', { token, password: fresh }, { from, headers })
    expect(reset.status).toBe(204)
    const entered = await post('/auth/login', { email, password: fresh }, { from, headers })
    expect(entered.status).toBe(200)
    expectLimited(await post('/auth/login', { email, password: fresh }))
  })

  test('refresh: a forged token is counted for nobody', async () => {
    const { refreshToken } = (await login()).json()
    const forged = altered(String(refreshToken))
    for (let n = 0; n < 70; n += 1)
      expect((await post('/auth/refresh', { refreshToken: forged })).status).toBe(401)
    expect((await post('/auth/refresh', { refreshToken })).headers['ratelimit-remaining']).toBe('59')
  })

  test('administration: three hundred a minute for its person, refused ones too', async () => {
    const { accessToken } = (await login()).json() as { accessToken: string }
    const headers = { authorization: `Bearer ${accessToken}` }
    const path = `/tenants/${open.world.acme}/suspend`
    const { points } = limits.administration
    expect(new Set(await statusesOf(points, () => post(path, {}, { headers })))).toEqual(new Set([403]))
    const audited = () =>
      open.world.admin
        .selectFrom('iam.audit_event')
        .select('id')
        .where('action', '=', 'tenant.suspended')
        .execute()
    expectLimited(await post(path, {}, { headers }))
    expect(await audited()).toHaveLength(points)
  })

  test('health and session checks have no limit', async () => {
    const { accessToken } = (await login()).json()
    const headers = { authorization: `Bearer ${String(accessToken)}` }
    for (let n = 0; n < 100; n += 1) {
      const check = await open.app.inject({ url: '/api/v1/auth/session', headers })
      expect(check.statusCode).toBe(200)
      expect(check.headers).not.toHaveProperty('ratelimit')
    }
    for (let n = 0; n < 20; n += 1)
      expect((await open.app.inject({ url: '/health/live' })).statusCode).toBe(200)
  })

  async function refusalsRecorded(): Promise<{ reason: string | null; hmac: string }[]> {
    const rows = await open.world.admin
      .selectFrom('iam.audit_event')
      .select(['reason', 'subject_hmac'])
      .where('action', '=', 'request.rate_limited')
      .execute()
    return rows.map(({ reason, subject_hmac }) => ({ reason, hmac: String(subject_hmac?.toString('hex')) }))
  }

  test('a storm is recorded once for its period, and tells no address', async () => {
    const before = new Set((await refusalsRecorded()).map(({ hmac }) => hmac))
    const from = newNetwork()
    await Promise.all(Array.from({ length: 200 }, (_, n) => guess(`storm${n}@acme.example`, { from })))
    const recorded = (await refusalsRecorded()).filter(({ hmac }) => !before.has(hmac))
    expect(recorded).toHaveLength(1)
    expect(recorded[0]).toMatchObject({ reason: 'login' })
    const keys = await open.world.redis.client.keys('*iam:limit:*')
    expect(keys.length).toBeGreaterThan(0)
    for (const key of keys) expect(key).toMatch(/:iam:limit:[a-z-]+:\{ten_\w{26}\}(:[\w-]{43})?$/)
  })
})
