import { createUser } from '@iam/domain/user'
import { hashPassword } from '@iam/domain/credential'
import { logInBrowserWithPassword } from '@iam/domain/session'
import { auditOf, eventsOf } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'

/** A header's text as Node hands it on: each byte of its UTF-8 a character. */
const onTheWire = (text: string) => Buffer.from(text).toString('latin1')

interface Listed {
  readonly id: string
  readonly current: boolean
  readonly name: string | null
  readonly program: string | null
  readonly network: string | null
}
interface Page {
  readonly items: readonly Listed[]
  readonly nextCursor?: string
}

describe('one’s own sessions', () => {
  let open: TestApp
  let people = 0
  beforeAll(async () => {
    open = await openApp({ limits: 100 })
  })
  afterAll(() => open.close())

  interface Person {
    readonly email: string
    readonly slug: string
  }

  async function newPerson(slug: 'acme' | 'globex' = 'acme'): Promise<Person> {
    const { world } = open
    const tenantId = world[slug]
    const password = await hashPassword(world, { tenantId, password: world.demo.password })
    const email = `person${(people += 1)}@${slug}.example`
    await createUser(world, { tenantId, email, password })
    return { email, slug }
  }

  async function logIn({ email, slug }: Person, body: object = {}, headers: Record<string, string> = {}) {
    const response = await open.app.inject({
      method: 'POST',
      url: '/api/v1/auth/login',
      headers: { 'x-tenant-id': slug, ...headers },
      payload: { email, password: open.world.demo.password, ...body },
    })
    const { accessToken, refreshToken, session, user } = response.json<{
      accessToken: string
      refreshToken: string
      session: { id: string }
      user: { id: string }
    }>()
    return {
      id: session.id,
      userId: user.id,
      refreshToken,
      bearer: { authorization: `Bearer ${accessToken}` },
    }
  }

  type Caller = Awaited<ReturnType<typeof logIn>>

  const ask = (
    { bearer }: { readonly bearer: Record<string, string> },
    method: 'GET' | 'PATCH' | 'DELETE' | 'POST',
    path: string,
    payload?: object,
  ) =>
    open.app.inject({
      method,
      url: `/api/v1${path}`,
      headers: bearer,
      ...(payload === undefined ? {} : { payload }),
    })
  const pageOf = async (caller: Caller, query = '') =>
    (await ask(caller, 'GET', `/me/sessions${query}`)).json<Page>()
  const stands = async (caller: Caller) => (await ask(caller, 'GET', '/auth/session')).statusCode === 200
  const sessionRow = (id: string) =>
    open.world.admin.selectFrom('iam.session').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

  test('are listed with what tells them apart, the newest first', async () => {
    const person = await newPerson()
    const from = { 'user-agent': firefox, 'x-forwarded-for': '203.0.113.77' }
    const geo = { 'x-client-geo-city': onTheWire('Zürich'), 'x-client-geo-country': 'CH' }
    const first = await logIn(person, { device: 'the one at work' }, { ...from, ...geo })
    const { world } = open
    await logInBrowserWithPassword(world, {
      tenantId: world.acme,
      email: person.email,
      password: world.demo.password,
      previous: undefined,
      origin: { ...world.origin, agent: safari },
    })
    const response = await ask(first, 'GET', '/me/sessions')
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.json()).toMatchObject({
      items: [
        {
          current: false,
          kind: 'browser',
          name: null,
          program: 'Safari',
          system: 'iOS',
          network: '192.0.2.0/24',
          place: null,
          amr: ['pwd'],
        },
        {
          id: first.id,
          current: true,
          kind: 'app',
          name: 'the one at work',
          program: 'Firefox',
          system: 'Linux',
          network: '203.0.113.0/24',
          place: 'Zürich, CH',
        },
      ],
    })
  })

  test('say when they were last used', async () => {
    const caller = await logIn(await newPerson())
    await open.world.testClock.advance(600)
    await open.app.inject({
      method: 'POST',
      url: '/api/v1/auth/refresh',
      payload: { refreshToken: caller.refreshToken },
    })
    const [item] = (await ask(caller, 'GET', '/me/sessions')).json<{
      items: { createdAt: string; lastSeenAt: string }[]
    }>().items
    const used = Date.parse(item?.lastSeenAt ?? '') - Date.parse(item?.createdAt ?? '')
    expect(used).toBeGreaterThanOrEqual(600_000)
    expect(used).toBeLessThan(660_000)
  })

  test('are paged, each once', async () => {
    const person = await newPerson()
    const callers: Caller[] = []
    for (let n = 0; n < 5; n += 1) callers.push(await logIn(person))
    const [caller] = callers
    if (caller === undefined) throw new Error('nobody')
    const seen: string[] = []
    let query = '?limit=2'
    for (let pages = 0; pages < 3; pages += 1) {
      const { items, nextCursor } = await pageOf(caller, query)
      seen.push(...items.map(({ id }) => id))
      query = `?limit=2&cursor=${nextCursor}`
      expect(nextCursor === undefined).toBe(pages === 2)
    }
    expect(seen).toEqual(callers.map(({ id }) => id).toReversed())
    for (const wrong of ['?limit=0', '?limit=101', '?cursor=x', `?cursor=${caller.id}`, '?page=2'])
      expect((await ask(caller, 'GET', `/me/sessions${wrong}`)).statusCode, wrong).toBe(400)
  })

  test('a place is heard only of a trusted proxy, and only as words', async () => {
    const person = await newPerson()
    const place = async (headers: Record<string, string>, remoteAddress = '127.0.0.1') => {
      const response = await open.app.inject({
        method: 'POST',
        url: '/api/v1/auth/login',
        remoteAddress,
        headers: { 'x-tenant-id': 'acme', ...headers },
        payload: { email: person.email, password: open.world.demo.password },
      })
      const { accessToken } = response.json<{ accessToken: string }>()
      const caller = { bearer: { authorization: `Bearer ${accessToken}` } }
      const { items } = (await ask(caller, 'GET', '/me/sessions?limit=1')).json<{
        items: { place: unknown }[]
      }>()
      return items[0]?.place
    }
    expect(await place({ 'x-client-geo-city': 'Bern', 'x-client-geo-country': 'CH' })).toBe('Bern, CH')
    expect(await place({ 'x-client-geo-country': 'CH' }, '::ffff:127.0.0.1')).toBe('CH')
    expect(await place({ 'x-client-geo-city': 'Bern' }, '203.0.113.9')).toBeNull()
    expect(await place({ 'x-client-geo-city': 'B\u0007ern' })).toBeNull()
    expect(await place({ 'x-client-geo-city': ' ' })).toBeNull()
    expect(await place({ 'x-client-geo-city': 'Z\u00fcrich' })).toBeNull() // not UTF-8
    expect(await place({})).toBeNull()
  })

  test('are named, and the name taken away again', async () => {
    const caller = await logIn(await newPerson())
    const rename = async (name: unknown) =>
      (await ask(caller, 'PATCH', `/me/sessions/${caller.id}`, { name })).statusCode
    const nameNow = async () => (await pageOf(caller)).items[0]?.name
    expect(await rename('Ada’s كمبيوتر 💻')).toBe(204)
    expect(await nameNow()).toBe('Ada’s كمبيوتر 💻')
    for (const wrong of ['', 'a\nb', 'x'.repeat(129), 7, undefined]) expect(await rename(wrong)).toBe(400)
    expect(await nameNow()).toBe('Ada’s كمبيوتر 💻')
    expect(await rename(null)).toBe(204)
    expect(await nameNow()).toBeNull()
    expect(await auditOf(open.world, caller.id)).toEqual([
      'user.login_succeeded: first_login',
      'session.renamed',
      'session.renamed',
    ])
  })

  test('C161: are ended one by one, at once, the current one included', async () => {
    const person = await newPerson()
    const [one, two] = [await logIn(person), await logIn(person)]
    expect((await ask(one, 'DELETE', `/me/sessions/${two.id}`)).statusCode).toBe(204)
    expect([await stands(one), await stands(two)]).toEqual([true, false])
    expect((await ask(one, 'DELETE', `/me/sessions/${two.id}`)).statusCode).toBe(404)
    expect((await eventsOf(open.world, open.world.acme, two.id)).at(-1)).toMatchObject({
      type: 'session.revoked',
      payload: { reason: 'revoked_by_user' },
    })
    expect((await ask(one, 'DELETE', `/me/sessions/${one.id}`)).statusCode).toBe(204)
    expect(await stands(one)).toBe(false)
    const refreshed = await open.app.inject({
      method: 'POST',
      url: '/api/v1/auth/refresh',
      payload: { refreshToken: one.refreshToken },
    })
    expect(refreshed.json()).toMatchObject({ code: 'invalid_grant' })
  })

  test('C161: are ended all together, with audit and event of each', async () => {
    const person = await newPerson()
    const { world } = open
    const callers = [await logIn(person), await logIn(person), await logIn(person)]
    const other = await logIn(await newPerson())
    const [caller] = callers
    if (caller === undefined) throw new Error('nobody')
    expect((await ask(caller, 'POST', '/auth/logout-all')).statusCode).toBe(204)
    for (const each of callers) {
      expect(await stands(each)).toBe(false)
      expect(await auditOf(world, each.id)).toEqual([
        expect.stringMatching('^user.login_succeeded'),
        'session.revoked: logged_out_everywhere',
      ])
      expect((await eventsOf(world, world.acme, each.id)).map(({ type }) => type)).toEqual([
        'session.created',
        'session.revoked',
      ])
    }
    expect(await stands(other)).toBe(true)
    expect((await ask(caller, 'POST', '/auth/logout-all')).json()).toMatchObject({ code: 'session_ended' })
  })

  test('a browser that ends its own session loses its cookie', async () => {
    const person = await newPerson()
    const origin = 'https://id.example.test'
    for (const [method, path] of [
      ['DELETE', '/me/sessions/'],
      ['POST', '/auth/logout-all'],
    ] as const) {
      const { id, bearer } = await logIn(person, {}, { origin })
      const url = method === 'DELETE' ? path + id : path
      const response = await ask({ bearer: { ...bearer, origin } }, method, url)
      expect(response.statusCode).toBe(204)
      expect(response.headers['set-cookie']).toMatch(/^__Host-iam_refresh_\w+=; Max-Age=0; /)
    }
  })

  test('C217: those of somebody else, or of another tenant, are not found, and nothing of them changes', async () => {
    const caller = await logIn(await newPerson())
    const person = await newPerson()
    const neighbour = await logIn(person)
    const foreigner = await logIn(await newPerson('globex'))
    const nobody = `ses_${'0'.repeat(26)}`
    for (const id of [neighbour.id, foreigner.id, nobody]) {
      const before = id !== nobody ? await sessionRow(id) : undefined
      const renamed = await ask(caller, 'PATCH', `/me/sessions/${id}`, { name: 'mine' })
      const ended = await ask(caller, 'DELETE', `/me/sessions/${id}`)
      expect([renamed.statusCode, ended.statusCode], id).toEqual([404, 404])
      if (before !== undefined) expect(await sessionRow(id)).toEqual(before)
    }
    for (const malformed of ['x', '%00', caller.userId, `${caller.id}x`])
      expect((await ask(caller, 'DELETE', `/me/sessions/${malformed}`)).statusCode, malformed).toBe(400)
    await logIn(person)
    const { nextCursor } = await pageOf(neighbour, '?limit=1')
    expect((await ask(neighbour, 'GET', `/me/sessions?cursor=${nextCursor}`)).statusCode).toBe(200)
    expect((await ask(caller, 'GET', `/me/sessions?cursor=${nextCursor}`)).statusCode).toBe(400)
    expect(await stands(neighbour)).toBe(true)
    expect(await stands(foreigner)).toBe(true)
  })

  test('erasing a person’s key erases where they were and what they call their devices', async () => {
    const person = await newPerson()
    const caller = await logIn(
      person,
      { device: 'Grace’s' },
      { 'user-agent': firefox, 'x-client-geo-city': onTheWire('Genève') },
    )
    const row = Object.values<unknown>(await sessionRow(caller.id))
    const text = row.map((value) =>
      Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value),
    )
    expect(text.join(' ')).not.toMatch(/Grace|Firefox|127\.0\.0|Gen(è|Ã¨)ve/)
    await open.world.admin.deleteFrom('iam.user_key').where('user_id', '=', caller.userId).execute()
    expect((await pageOf(caller)).items[0]).toMatchObject({
      id: caller.id,
      name: null,
      program: null,
      network: null,
      place: null,
    })
  })
})
