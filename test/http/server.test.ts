import { problemKinds } from '@iam/iam-api/problem-codes'
import { personalOf } from '@iam/testkit/world'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'

const credentials = { email: 'ada@acme.example', password: 'correct horse battery staple' }

describe('iam-api', () => {
  let open: TestApp
  beforeAll(async () => {
    open = await openApp()
  })
  afterAll(() => open.close())

  interface Send {
    readonly body?: unknown
    readonly raw?: string | Buffer
    readonly headers?: Record<string, string>
  }

  async function post(path: string, { body, raw, headers }: Send = {}) {
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body))
    const type = payload === undefined ? {} : { 'content-type': 'application/json' }
    const response = await open.app.inject({
      method: 'POST',
      url: `/api/v1${path}`,
      headers: { ...type, ...headers },
      ...(payload === undefined ? {} : { payload }),
    })
    return { response, status: response.statusCode, json: () => response.json<Record<string, unknown>>() }
  }

  const get = (path: string, headers: Record<string, string> = {}) =>
    open.app.inject({ url: `/api/v1${path}`, headers })
  const acme = { 'x-tenant-id': 'acme' }
  const login = (headers: Record<string, string> = acme) =>
    post('/auth/login', { body: credentials, headers })

  async function loggedIn() {
    const { response } = await login()
    const { accessToken, refreshToken } = response.json<{ accessToken: string; refreshToken: string }>()
    return { accessToken, refreshToken, bearer: { authorization: `Bearer ${accessToken}` } }
  }

  async function expectProblem(
    sent: { response: { statusCode: number; headers: Record<string, unknown>; body: string } },
    code: keyof typeof problemKinds,
  ) {
    const { response } = sent
    const problem = JSON.parse(response.body) as Record<string, unknown>
    expect(problem).toMatchObject({
      code,
      status: problemKinds[code].status,
      title: problemKinds[code].title,
    })
    expect(response.statusCode).toBe(problemKinds[code].status)
    expect(response.headers['content-type']).toBe('application/problem+json')
    expect(response.headers['cache-control']).toBe('no-store')
    expect(problem['type']).toBe(`https://id.example.test/api/v1/errors#${code}`)
    expect(problem['requestId']).toBe(response.headers['x-request-id'])
    const { reason: _reason, ...others } = problem // only where a code has several
    expect(Object.keys(others).sort()).toEqual([
      'code',
      'detail',
      'requestId',
      'retriable',
      'status',
      'title',
      'traceId',
      'type',
    ])
    expect(response.body).not.toMatch(/node_modules|\.ts:|at .*\(/)
  }

  function cookieOf(response: { headers: Record<string, unknown> }, name: string): string {
    const cookies = [response.headers['set-cookie']].flat().map(String)
    return cookies.find((cookie) => cookie.startsWith(`__Host-iam_${name}_`)) ?? ''
  }

  async function countSessions(): Promise<number> {
    const { count } = await open.world.admin
      .selectFrom('iam.session')
      .select((eb) => eb.fn.countAll<string>().as('count'))
      .executeTakeFirstOrThrow()
    return Number(count)
  }

  test('logs in, checks, reads the account, refreshes and logs out', async () => {
    const { response } = await login()
    expect(response.statusCode).toBe(200)
    expect(response.headers['cache-control']).toBe('no-store')
    const issued = response.json<{
      accessToken: string
      refreshToken: string
      session: { id: string }
      user: { id: string }
    }>()
    expect(issued).toMatchObject({
      tokenType: 'Bearer',
      expiresIn: 900,
      refreshExpiresIn: 3600,
      user: { email: credentials.email },
    })
    const bearer = { authorization: `Bearer ${issued.accessToken}` }
    expect((await get('/auth/session', bearer)).json()).toMatchObject({
      active: true,
      session: { id: issued.session.id },
    })
    expect((await get('/me', bearer)).json()).toMatchObject({
      id: issued.user.id,
      email: credentials.email,
      status: 'active',
    })
    const refreshed = await post('/auth/refresh', { body: { refreshToken: issued.refreshToken } })
    expect(refreshed.json()).toMatchObject({ session: issued.session, user: issued.user })
    expect((await post('/auth/logout', { headers: bearer })).status).toBe(204)
    expect((await post('/auth/logout', { headers: bearer })).status).toBe(204)
    await expectProblem({ response: await get('/auth/session', bearer) }, 'session_ended')
    const { refreshToken } = refreshed.json()
    await expectProblem(await post('/auth/refresh', { body: { refreshToken } }), 'invalid_grant')
  })

  test('makes an account, once, with one answer', async () => {
    const account = { email: 'new@acme.example', password: 'a long enough password' }
    const first = await post('/auth/register', { body: account, headers: acme })
    const again = await post('/auth/register', {
      body: { ...account, password: 'another long password' },
      headers: acme,
    })
    expect(first.status).toBe(202)
    expect(again.response.body).toBe(first.response.body)
    expect((await post('/auth/login', { body: account, headers: acme })).status).toBe(200)
  })

  test('C165: answers an unknown address and a wrong password with the same body', async () => {
    const body = async (email: string) => {
      const sent = await post('/auth/login', { body: { email, password: 'wrong' }, headers: acme })
      await expectProblem(sent, 'invalid_credentials')
      const { requestId: _requestId, traceId: _traceId, ...rest } = sent.json()
      return { rest, headers: Object.keys(sent.response.headers) }
    }
    expect(await body('nobody@acme.example')).toEqual(await body(credentials.email))
  })

  test('C219: refuses short passwords, unknown fields and members that only we set', async () => {
    const sessions = await countSessions()
    const short = { email: 'x@acme.example', password: 'short' }
    const refused = await post('/auth/register', { body: short, headers: acme })
    await expectProblem(refused, 'password_unacceptable')
    expect(refused.json()).toMatchObject({ reason: 'too_short', retriable: false })
    expect(refused.json()['detail']).toContain('15 characters')
    for (const extra of [
      { tenantId: 'ten_x' },
      { role: 'tenant.owner' },
      { emailVerified: true },
      { id: 'usr_x' },
    ]) {
      await expectProblem(
        await post('/auth/login', { body: { ...credentials, ...extra }, headers: acme }),
        'invalid_request',
      )
    }
    expect(await countSessions()).toBe(sessions)
  })

  test.each([
    ['a number for the password', { ...credentials, password: 1 }],
    ['an operator object', { ...credentials, password: { $ne: 1 } }],
    ['an array', { ...credentials, password: ['x'] }],
    ['null', { ...credentials, password: null }],
    ['a NUL in the address', { ...credentials, email: 'ada\0@acme.example' }],
    ['half a surrogate pair', { ...credentials, email: 'ada\ud800@acme.example' }],
    ['no @', { ...credentials, email: 'ada' }],
    ['an address of 300 characters', { ...credentials, email: `${'a'.repeat(290)}@acme.example` }],
    ['a control character in the device', { ...credentials, device: 'my\nphone' }],
    ['nothing', {}],
    ['a list', []],
    ['a text', 'x'],
  ])('C172, C232: refuses %s', async (_what, body) => {
    const sessions = await countSessions()
    await expectProblem(await post('/auth/login', { body, headers: acme }), 'invalid_request')
    expect(await countSessions()).toBe(sessions)
  })

  test.each([
    ['not JSON', '{"email":'],
    ['trailing garbage', `${JSON.stringify(credentials)}x`],
    ['nothing', ''],
    ['__proto__', '{"email":"ada@acme.example","password":"x","__proto__":{"a":1}}'],
    ['constructor.prototype', '{"email":"a@b","password":"x","constructor":{"prototype":{"a":1}}}'],
    ['50,000 levels', '['.repeat(50_000)],
    ['deep objects', '{"a":'.repeat(10_000)],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ['a byte order mark', `\ufeff${JSON.stringify(credentials)}`],
  ])('C237: refuses a body of %s', async (_what, raw) => {
    await expectProblem(await post('/auth/login', { raw, headers: acme }), 'invalid_request')
    expect(({} as Record<string, unknown>)['a']).toBeUndefined()
  })

  test('C170: refuses a password of a megabyte by its length', async () => {
    const hashes = open.world.hasher.count.hashes
    await expectProblem(
      await post('/auth/login', { body: { ...credentials, password: 'x'.repeat(1_000_000) }, headers: acme }),
      'payload_too_large',
    )
    await expectProblem(
      await post('/auth/login', { body: { ...credentials, password: 'x'.repeat(1025) }, headers: acme }),
      'invalid_request',
    )
    expect(open.world.hasher.count.hashes).toBe(hashes)
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json ; x',
    'application/json\t',
    'application/jsonx',
    'application/json;charset=latin1',
    'application/json, text/plain',
  ])('C157: refuses content type %j', async (type) => {
    await expectProblem(
      await post('/auth/login', {
        raw: JSON.stringify(credentials),
        headers: { ...acme, 'content-type': type },
      }),
      'unsupported_media_type',
    )
  })

  test('takes JSON with its charset named', async () => {
    const headers = { ...acme, 'content-type': 'application/json; charset=utf-8' }
    expect((await post('/auth/login', { raw: JSON.stringify(credentials), headers })).status).toBe(200)
  })

  test('C220: asks for a tenant, and refuses unknown ones and contradictions', async () => {
    await expectProblem(await login({}), 'tenant_required')
    for (const named of ['nope', 'ten_01ARZ3NDEKTSV4RRFFQ69G5FAV', "' or 1=1--", 'ACME', 'x'.repeat(60)]) {
      await expectProblem(await login({ 'x-tenant-id': named }), 'tenant_unknown')
    }
    const { bearer, refreshToken } = await loggedIn()
    const globex = { 'x-tenant-id': 'globex' }
    await expectProblem({ response: await get('/me', { ...bearer, ...globex }) }, 'tenant_mismatch')
    await expectProblem(
      await post('/auth/refresh', { body: { refreshToken }, headers: globex }),
      'tenant_mismatch',
    )
    await expectProblem(await post('/auth/logout', { headers: { ...bearer, ...globex } }), 'tenant_mismatch')
    expect((await get('/me', { ...bearer, ...acme })).statusCode).toBe(200)
  })

  test('refuses people of a suspended tenant, and of one whose home is elsewhere', async () => {
    const { bearer, refreshToken } = await loggedIn()
    const set = async (changes: { status?: string; region?: string }) => {
      await open.world.admin.updateTable('iam.directory').set(changes).where('slug', '=', 'acme').execute()
      await open.world.testClock.advance(31) // the directory is remembered for half a minute
    }
    await set({ status: 'suspended' })
    await expectProblem(await login(), 'tenant_suspended')
    await expectProblem(await post('/auth/refresh', { body: { refreshToken } }), 'tenant_suspended')
    await expectProblem({ response: await get('/auth/session', bearer) }, 'tenant_suspended')
    await set({ status: 'active', region: 'elsewhere' })
    await expectProblem(await login(), 'wrong_region')
    await set({ region: 'local' })
    expect((await login()).status).toBe(200)
  })

  test.each(['', 'Bearer', 'Bearer ', 'Basic abc', 'Bearer a b', 'Bearer <script>'])(
    'refuses authorization %j',
    async (authorization) => {
      const response = await get('/me', { authorization })
      await expectProblem({ response }, 'invalid_token')
      expect(response.headers['www-authenticate']).toBe('Bearer error="invalid_token"')
    },
  )

  test('C158, C245: answers 404 and 405 with problem documents, and takes no method from a header', async () => {
    await expectProblem({ response: await get('/nope') }, 'not_found')
    const response = await get('/auth/login')
    await expectProblem({ response }, 'method_not_allowed')
    expect(response.headers['allow']).toBe('POST')
    await expectProblem(
      await post('/me', { headers: { 'x-http-method-override': 'GET' } }),
      'method_not_allowed',
    )
    await expectProblem({ response: await open.app.inject({ url: '/api/v1/%' }) }, 'invalid_request')
  })

  test('gives a browser its refresh token only as a cookie that no script reads', async () => {
    const origin = { origin: 'https://id.example.test' }
    const { response } = await login({ ...acme, ...origin })
    expect(response.json()).not.toHaveProperty('refreshToken')
    const cookie = cookieOf(response, 'refresh')
    expect(cookie).toMatch(
      /^__Host-iam_refresh_[0-9A-Z]{26}=mlr_\w+; Max-Age=3600; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    )
    const sent = cookie.split(';')[0] ?? ''
    const refreshed = await post('/auth/refresh', { headers: { ...origin, cookie: `other=1; ${sent}` } })
    expect(refreshed.status).toBe(200)
    expect(refreshed.json()).not.toHaveProperty('refreshToken')
    expect(cookieOf(refreshed.response, 'refresh')).not.toBe(cookie)
    const twice = await post('/auth/refresh', { headers: { ...origin, cookie: `${sent}; ${sent}` } })
    await expectProblem(twice, 'invalid_grant')
  })

  test('C157: refuses pages of other origins', async () => {
    for (const origin of [
      'https://evil.example',
      'null',
      'https://id.example.test.evil.example',
      'http://id.example.test',
    ]) {
      await expectProblem(await login({ ...acme, origin }), 'origin_not_allowed')
      await expectProblem(
        await post('/auth/refresh', { body: {}, headers: { origin } }),
        'origin_not_allowed',
      )
    }
  })

  test('takes part in the trace of a trusted proxy, and starts one for a stranger, or where it is malformed', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const problem = async (traceparent: string) =>
      (await get('/nope', { traceparent })).json<{ traceId: string }>().traceId
    expect(await problem(`00-${traceId}-b7ad6b7169203331-01`)).toBe(traceId)
    const stranger = await open.app.inject({
      url: '/nope',
      remoteAddress: '203.0.113.7',
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    })
    expect(stranger.json<{ traceId: string }>().traceId).not.toBe(traceId)
    for (const odd of [
      '',
      'x',
      `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
      `00-${traceId}-${'0'.repeat(16)}-01`,
    ]) {
      expect(await problem(odd)).toMatch(/^(?!0{32})[0-9a-f]{32}$/)
    }
  })

  test('C241: keeps the client’s network as the trusted proxy says it, and no more of its address', async () => {
    const headers = { 'x-forwarded-for': '10.9.8.7, 203.0.113.77', 'user-agent': 'a phone' }
    const { response } = await login({ ...acme, ...headers })
    const requestId = String(response.headers['x-request-id'])
    expect(await personalOf(open.world, requestId)).toEqual([{ network: '203.0.113.0/24', agent: 'a phone' }])
  })

  test('C233: logs one line a request, without tokens, bodies or addresses', async () => {
    const from = open.logged.length
    const { accessToken, refreshToken } = await loggedIn()
    await post('/auth/refresh', {
      body: { refreshToken },
      headers: { 'user-agent': `canary ${refreshToken} ${accessToken}` },
    })
    await get(`/nope?token=${refreshToken}`)
    const lines = open.logged.slice(from)
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatchObject({
      severity: 'INFO',
      service: 'iam-api',
      method: 'POST',
      route: '/api/v1/auth/login',
      status: 200,
    })
    const text = JSON.stringify(lines)
    for (const secret of [accessToken, refreshToken, credentials.password, credentials.email])
      expect(text).not.toContain(secret)
  })

  test('answers 503 and changes nothing when a lock is not to be had in half a second', async () => {
    const { refreshToken } = await loggedIn()
    const other = new pg.Client({ connectionString: open.world.database.urlFor('postgres') })
    await other.connect()
    await other.query('begin')
    await other.query('select id from iam.refresh_family for update')
    const sent = await post('/auth/refresh', { body: { refreshToken } })
    await expectProblem(sent, 'temporarily_unavailable')
    expect(Number(sent.response.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    await other.query('rollback')
    await other.end()
    expect((await post('/auth/refresh', { body: { refreshToken } })).status).toBe(200)
  })

  test('tells of a fault to the log and not to the caller', async () => {
    const fault = new Error('column "secret_column" does not exist')
    vi.spyOn(open.world.db.flights, 'fly').mockRejectedValueOnce(fault)
    const sent = await login()
    await expectProblem(sent, 'internal_error')
    expect(sent.response.body).not.toContain('secret_column')
    expect(JSON.stringify(open.logged)).toContain('secret_column')
  })

  test('serves its OpenAPI document and the page that explains its errors', async () => {
    const document = (await get('/openapi.json')).json<{ openapi: string; paths: object }>()
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths)).toContain('/api/v1/auth/refresh')
    const page = await get('/errors')
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    for (const code of Object.keys(problemKinds)) expect(page.body).toContain(`id="${code}"`)
  })
})
