import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Refusal } from '@iam/domain/kit'
import { logInWithMagicLink, requestMagicLink } from '@iam/domain/magic-link'
import { deleteOldLogins, type RiskSources } from '@iam/domain/risk'
import { clearLogin, authenticateWithPassword, logInWithPassword } from '@iam/domain/session'
import { openRedis, versionedCache } from '@iam/platform/redis'
import { riskService } from '@iam/platform/risk-service'
import { addPerson, auditOf, deliverMails, eventsOf, tokenIn } from '@iam/testkit/world'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openOffice, type Office } from '../support/administration.ts'
import { expectDocumented } from '../support/fuzz/expect-documented.ts'
import { documentedOperations } from '../support/fuzz/operations.ts'

const berlin = { country: 'DE', coordinates: { latitude: 52.5, longitude: 13.4 } }
const tokyo = { country: 'JP', coordinates: { latitude: 35.7, longitude: 139.7 } }
const usual = { network: '203.0.113.0/24', agent: 'curl/8.5.0', geo: berlin, isTorExit: false }
type Whence = Partial<typeof usual | { geo: typeof tokyo }>

describe('the risk of a login', () => {
  let office: Office
  const servers: Server[] = []
  beforeAll(async () => {
    office = await openOffice()
  })
  afterAll(() => office.open.close())
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  const decide = (policy: object) =>
    office.world.admin
      .updateTable('iam.tenant')
      .set({ policy: JSON.stringify(policy) })
      .where('tenant_id', '=', office.world.acme)
      .execute()

  let count = 0
  /** Somebody who has logged in once, from where they usually do. */
  async function somebody() {
    const email = `risk${(count += 1)}@acme.example`
    const person = await addPerson(office.world, { tenantId: office.world.acme, email })
    await decide({})
    expect(await logIn(person)).toBe('in')
    await office.world.forget()
    return person
  }
  type Person = Awaited<ReturnType<typeof somebody>>

  async function logIn(person: Person, from: Whence = {}, risk: RiskSources = office.world.risk) {
    const { world } = office
    await world.testClock.advance(1)
    const origin = { ...world.origin, ...usual, ...from }
    const login = { ...person, password: world.demo.password, origin }
    return logInWithPassword({ ...world, risk }, login).then(
      () => 'in',
      (error: unknown) => {
        if (error instanceof Refusal) return error.code
        throw error
      },
    )
  }

  const kept = async ({ userId }: Person) => {
    const rows = await office.world.admin
      .selectFrom('iam.login_risk')
      .selectAll()
      .where('user_id', '=', userId)
      .orderBy('id')
      .execute()
    return rows.map((row) => ({
      ...row,
      reasons: row.reasons as unknown as { code: string; points: number }[],
    }))
  }
  const newest = async (person: Person) => {
    const login = (await kept(person)).at(-1)
    return { score: login?.score, decision: login?.decision, reasons: login?.reasons.map(({ code }) => code) }
  }

  const flight = { network: '198.51.100.0/24', geo: tokyo }

  test('is kept with its reasons, whatever the tenant has decided, and told in event and audit', async () => {
    const person = await somebody()
    expect(await logIn(person, { network: '198.51.100.0/24' })).toBe('in')
    const [first, second] = await kept(person)
    expect(first).toMatchObject({
      score: 40,
      decision: 'open',
      reasons: [{ code: 'first_login', points: 40 }],
    })
    expect(second).toMatchObject({
      score: 40,
      decision: 'open',
      reasons: [
        { code: 'new_device', points: 25 },
        { code: 'new_network', points: 15 },
      ],
      session_id: expect.stringMatching(/^ses_/) as string,
    })
    const codes = ['new_device', 'new_network']
    expect(await auditOf(office.world, String(second?.session_id))).toEqual([
      `user.login_succeeded: ${codes.join(', ')}`,
    ])
    const events = await eventsOf(office.world, office.world.acme, person.userId)
    expect(events.at(-1)).toMatchObject({ type: 'user.login_succeeded', payload: { riskReasons: codes } })
  })

  test('holds no network, place or program in the clear', async () => {
    const person = await somebody()
    const rows = JSON.stringify(await kept(person))
    for (const canary of ['203.0.113', 'curl', '52.5', '13.4']) expect(rows).not.toContain(canary)
  })

  test('C194: lets the usual in, asks about the unusual, and refuses what nobody can be', async () => {
    const person = await somebody()
    await decide({ mfa: 'risk' })
    expect(await logIn(person)).toBe('in')
    expect(await newest(person)).toEqual({ score: 0, decision: 'open', reasons: [] })
    expect(await logIn(person, { network: '198.51.100.0/24' })).not.toBe('in')
    expect((await newest(person)).score).toBe(40)
    expect(await logIn(person, flight)).toBe('login_refused')
    expect(await newest(person)).toEqual({
      score: 100,
      decision: 'refuse',
      reasons: ['new_device', 'new_network', 'new_country', 'impossible_travel'],
    })
    const events = await eventsOf(office.world, office.world.acme, person.userId)
    expect(events.at(-1)).toMatchObject({ type: 'user.login_failed', payload: { reason: 'login_refused' } })
  })

  test('C194: what was refused makes neither the device nor the place known', async () => {
    const person = await somebody()
    await decide({ mfa: 'risk' })
    expect(await logIn(person, flight)).toBe('login_refused')
    await office.world.forget()
    expect(await logIn(person, flight)).toBe('login_refused')
  })

  test('C194: is told to nobody who logs in: neither score nor reasons', async () => {
    const { world } = office
    const person = await somebody()
    await decide({ mfa: 'risk' })
    const logInFrom = (headers: Record<string, string>) =>
      office.open.app.inject({
        method: 'POST',
        url: '/api/v1/auth/login',
        headers: { 'x-tenant-id': 'acme', 'user-agent': 'other', ...headers },
        payload: { email: person.email, password: world.demo.password },
      })
    const response = await logInFrom({})
    expect(response.statusCode).not.toBe(200)
    expect(response.body).not.toMatch(/score|risk|new_device|new_network/)
    await decide({ mfa: 'risk', riskRefuseAt: 40 })
    const unheardOf = await logInFrom({ 'x-forwarded-for': '198.51.100.9' })
    const operations = await documentedOperations()
    const logins = operations.filter(({ method, path }) => method === 'POST' && path === '/api/v1/auth/login')
    expect(logins.map((login) => expectDocumented(login, unheardOf))).toEqual(['login_refused'])
    expect(unheardOf.body).not.toMatch(/score|risk|new_device|new_network/)
    const refused = await clearLogin(world, {
      login: await authenticateWithPassword(world, {
        ...person,
        password: world.demo.password,
        origin: { ...world.origin, ...usual, ...flight },
      }),
      origin: { ...world.origin, ...usual, ...flight },
    }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'login_refused', detail: undefined, reason: undefined })
  })

  test('counts wrong passwords, and a breached one', async () => {
    const { world } = office
    const person = await somebody()
    const wrong = { ...person, password: 'wrong', origin: { ...world.origin, ...usual } }
    for (let n = 0; n < 3; n += 1) await logInWithPassword(world, wrong).catch(() => undefined)
    await world.admin
      .updateTable('iam.credential')
      .set({ breached_at: world.clock() })
      .where('user_id', '=', person.userId)
      .execute()
    expect(await logIn(person)).toBe('in')
    expect(await newest(person)).toMatchObject({
      score: 55,
      reasons: ['recent_failures', 'breached_password'],
    })
  })

  test('C194: cannot be shed within a minute by looking like somebody else on the same network', async () => {
    const person = await somebody()
    await decide({ mfa: 'risk' })
    expect(await logIn(person, { agent: '' })).toBe('in')
    expect(await newest(person)).toMatchObject({ score: 25, reasons: ['device_unknown'] })
    expect(await logIn(person)).toBe('in')
    expect(await newest(person)).toMatchObject({ score: 25, reasons: ['recent_risk'] })
    await office.world.forget() // as after a minute, or without Redis
    expect(await logIn(person)).toBe('in')
    expect(await newest(person)).toMatchObject({ score: 0 })
  })

  test('is found without Redis, too; an outside service is then asked each time', async () => {
    const person = await somebody()
    await decide({ mfa: 'risk' })
    const away = openRedis('redis://127.0.0.1:1')
    const { ask, asked } = await saying(10)
    const risk = { ...ask(), cache: versionedCache(away.client) }
    for (let n = 0; n < 2; n += 1) expect(await logIn(person, {}, risk)).toBe('in')
    expect(asked).toHaveLength(2)
    expect(await newest(person)).toMatchObject({ score: 10, reasons: ['outside_service'] })
    expect(await logIn(person, flight, risk)).toBe('login_refused')
    away.close()
  })

  /** The real adapter, asking a stand-in on this machine. */
  async function outside(answer: RequestListener) {
    const asked: string[] = []
    const server = createServer((request, response) => {
      const body: Buffer[] = []
      request.on('data', (chunk: Buffer) => body.push(chunk))
      request.on('end', () => {
        asked.push(Buffer.concat(body).toString())
        answer(request, response)
      })
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const patient = { answerWithin: 10_000, monotonic: office.world.monotonic, onSilent: () => undefined }
    const ask = (options: object = {}): RiskSources => ({
      ...office.world.risk,
      service: riskService({ url, ...patient, ...options }),
    })
    return { ask, asked, stop: () => server.close() }
  }
  const saying = (score: unknown) => outside((_request, response) => response.end(JSON.stringify({ score })))

  test('C194: an outside service raises it, and never lowers it', async () => {
    const person = await somebody()
    await decide({ mfa: 'risk' })
    const alarmed = await saying(95)
    expect(await logIn(person, {}, alarmed.ask())).toBe('login_refused')
    expect(await newest(person)).toMatchObject({ score: 95, reasons: ['outside_service'] })
    await office.world.forget()
    const carefree = await saying(0)
    expect(await logIn(person, flight, carefree.ask())).toBe('login_refused')
    expect(await newest(person)).toMatchObject({ score: 100 })
  })

  test('an outside service is told ids and coarse signals, once a minute for a person on a network', async () => {
    const person = await somebody()
    await decide({ mfa: 'risk' })
    const { ask, asked } = await saying(10)
    for (let n = 0; n < 3; n += 1) expect(await logIn(person, {}, ask())).toBe('in')
    expect(asked).toHaveLength(1)
    // Not even after one that is riskier by itself.
    for (const agent of ['', 'other', 'curl/8.5.0']) expect(await logIn(person, { agent }, ask())).toBe('in')
    expect(asked).toHaveLength(1)
    expect(JSON.parse(asked[0] ?? '')).toMatchObject({
      userId: person.userId,
      score: 0,
      signals: { device: 'usual' },
    })
    for (const canary of ['203.0.113', 'curl', '52.5', person.email]) expect(asked[0]).not.toContain(canary)
    expect(await newest(person)).toMatchObject({ score: 25, reasons: ['recent_risk'] })
  })

  test.each(['off', 'optional'])('asks no outside service where risk decides nothing: %s', async (mfa) => {
    const person = await somebody()
    await decide({ mfa })
    const { ask, asked } = await saying(95)
    expect(await logIn(person, flight, ask())).toBe('in')
    expect(asked).toEqual([])
  })

  test.each<[string, RequestListener, object]>([
    ['is slow', () => undefined, { answerWithin: 50 }],
    ['fails', (_request, response) => response.writeHead(500).end(), {}],
    ['lies', (_request, response) => response.end('{"score": NaN}'), {}],
    ['answers less than nothing', (_request, response) => response.end('{"score": -50}'), {}],
    [
      'talks too much',
      (_request, response) => response.end(`{"score": 0, "x": "${'x'.repeat(50_000)}"}`),
      {},
    ],
  ])(
    'C194: nobody gets in by a password alone while the outside service %s',
    async (_what, answer, options) => {
      const person = await somebody()
      await decide({ mfa: 'risk' })
      const { ask } = await outside(answer)
      expect(await logIn(person, {}, ask(options))).not.toBe('in')
      expect(await newest(person)).toMatchObject({ score: 0, reasons: ['outside_silent'] })
    },
  )

  test('C194: nor while it is down', async () => {
    const person = await somebody()
    await decide({ mfa: 'risk' })
    const { ask, stop } = await saying(0)
    stop()
    expect(await logIn(person, {}, ask())).not.toBe('in')
    expect(await newest(person)).toMatchObject({ reasons: ['outside_silent'] })
  })

  test('is shown to administrators, page by page', async () => {
    const person = await somebody()
    await decide({ mfa: 'risk' })
    expect(await logIn(person, flight)).toBe('login_refused')
    const path = office.users(`/${person.userId}/logins`)
    const page = await office.ask('admin', ['GET', `${path}?limit=1`])
    expect(page.status).toBe(200)
    expect(page.body.items).toMatchObject([
      {
        decision: 'refuse',
        sessionId: null,
        country: 'JP',
        score: 100,
        reasons: [{ code: 'new_device', points: 25 }, {}, {}, {}],
      },
    ])
    const next = await office.ask('admin', [
      'GET',
      `${path}?limit=1&cursor=${String(page.body['nextCursor'])}`,
    ])
    expect(next.body.items).toMatchObject([{ decision: 'open', country: 'DE', score: 40 }])
    expect(next.body).not.toHaveProperty('nextCursor')
  })

  const whatIf = (policy: object, query = '') =>
    office.ask('admin', ['POST', `/tenants/${office.world.acme}/policy/what-if${query}`], {
      body: { policy },
    })

  test('what-if counts what a change would do, shows the logins it concerns by pages, and changes nothing', async () => {
    const person = await somebody()
    await decide({ mfa: 'optional' })
    await logIn(person, flight)
    const { body } = await whatIf({ mfa: 'risk' }, '?limit=1')
    const { before, after, logins } = body as unknown as Record<
      'before' | 'after',
      Record<string, number>
    > & {
      logins: number
    }
    expect(before['allowed']).toBe(logins)
    expect(after['refused']).toBeGreaterThan(0)
    expect(after['challenged']).toBeGreaterThan(0)
    expect(Object.values(after).reduce((sum, n) => sum + n)).toBe(logins)
    const concerned: unknown[] = [...(body.items ?? [])]
    let cursor = body['nextCursor'] as string | undefined
    while (cursor !== undefined) {
      const page = await whatIf({ mfa: 'risk' }, `?limit=50&cursor=${cursor}`)
      concerned.push(...(page.body.items ?? []))
      cursor = page.body['nextCursor'] as string | undefined
    }
    expect(concerned).toHaveLength((after['refused'] ?? 0) + (after['challenged'] ?? 0))
    expect(concerned[0]).toMatchObject({
      userId: person.userId,
      before: 'allowed',
      after: 'refused',
      score: 100,
    })
    expect((await office.ask('admin', ['GET', `/tenants/${office.world.acme}/policy`])).body).toMatchObject({
      mfa: 'optional',
    })
  })

  /** Somebody comes from somewhere, by a password that may be known from a breach, or by a mailed link. */
  interface Way {
    readonly from?: Whence
    readonly by?: 'password' | 'breached password' | 'mailed link'
  }

  async function come(person: Person, { from = {}, by = 'password' }: Way): Promise<string> {
    const { world } = office
    if (by === 'mailed link') return readLink(person, { ...world.origin, ...usual, ...from })
    if (by === 'breached password')
      await world.admin
        .updateTable('iam.credential')
        .set({ breached_at: world.clock() })
        .where('user_id', '=', person.userId)
        .execute()
    return logIn(person, from)
  }

  async function readLink({ tenantId, email }: Person, origin: typeof office.world.origin) {
    const { world } = office
    const from = { tenantId, origin }
    const entering = async () => {
      const { request } = await requestMagicLink(world, { ...from, email, locale: 'en' })
      const token = tokenIn((await deliverMails(world)).findLast(({ letter }) => letter === 'magic_link'))
      return logInWithMagicLink(world, { ...from, request, proof: { by: 'link', token } })
    }
    return entering().then(
      () => 'in',
      (error: unknown) => {
        if (error instanceof Refusal) return error.code
        throw error
      },
    )
  }

  test.each<object>([
    { mfa: 'off' },
    { passwordLogin: false },
    { passwordLogin: false, magicLinks: true },
    { magicLinks: true, mfa: 'risk' },
    { magicLinks: true, mfa: 'required' },
    { breachedPasswords: 'replace' },
    { breachedPasswords: 'replace', magicLinks: true, mfa: 'risk', riskChallengeAt: 10 },
    { mfa: 'required' },
    { mfa: 'risk' },
    { mfa: 'risk', riskChallengeAt: 10, riskRefuseAt: 41 },
    { mfa: 'risk', riskChallengeAt: 100, riskRefuseAt: 100 },
    { allowedCountries: ['DE'] },
    { allowTor: true, mfa: 'risk' },
    { mfa: 'required', allowedCountries: ['JP', 'DE'] },
  ])('what-if equals what the gate then does: %j', async (policy) => {
    await decide({})
    await office.logInAgain('admin') // no access token lasts for all of these on a busy machine
    const ways: Way[] = [
      {},
      { from: { network: '198.51.100.0/24' } },
      { from: { agent: '' } },
      { from: flight },
      { from: { geo: tokyo } },
      { from: { isTorExit: true } },
      { by: 'mailed link' },
      { by: 'mailed link', from: flight },
      { by: 'breached password' },
    ]
    // The same logins, each by somebody of their own: tried under a policy that lets all in, and under this one.
    const fatesUnder = async (under: object) => {
      const fates: Record<string, number> = { allowed: 0, challenged: 0, refused: 0 }
      const people: string[] = []
      for (const way of ways) {
        const person = await somebody()
        await decide(under)
        const fate = fateOf(await come(person, way))
        fates[fate] = (fates[fate] ?? 0) + 1
        people.push(person.userId)
      }
      return { fates, people }
    }
    const lax = { mfa: 'off', allowTor: true, magicLinks: true }
    const open = await fatesUnder(lax)
    expect(open.fates).toMatchObject({ allowed: ways.length })
    await decide(lax)
    const expected: Record<string, number> = { allowed: 0, challenged: 0, refused: 0 }
    const items: { userId: string; at: string; after: string }[] = []
    let cursor: string | undefined
    do {
      const query = cursor === undefined ? '' : `&cursor=${cursor}`
      const { body } = await whatIf(
        { mfa: null, allowTor: null, magicLinks: null, ...policy },
        `?limit=100${query}`,
      )
      items.push(...((body.items ?? []) as unknown as typeof items))
      cursor = body['nextCursor'] as string | undefined
    } while (cursor !== undefined)
    for (const userId of open.people) {
      const login = (await kept({ userId } as Person)).at(-1)
      const changed = items.find(
        ({ userId: id, at }) => id === userId && at === login?.created_at.toISOString(),
      )
      const fate = changed?.after ?? 'allowed'
      expected[fate] = (expected[fate] ?? 0) + 1
    }
    expect((await fatesUnder(policy)).fates).toEqual(expected)
  })

  function fateOf(answer: string): 'allowed' | 'challenged' | 'refused' {
    if (answer === 'in') return 'allowed'
    return answer.startsWith('mfa_') ? 'challenged' : 'refused'
  }

  test('an administrator does not shut out themselves by place', async () => {
    await decide({})
    await office.logInAgain('admin', 'operator')
    const path = `/tenants/${office.world.acme}/policy`
    const refused = await office.ask('admin', ['PATCH', path], { body: { allowedCountries: ['DE'] } })
    expect(refused).toMatchObject({ status: 403, body: { code: 'not_allowed' } })
    expect((await office.ask('admin', ['GET', path])).body).toMatchObject({ allowedCountries: [] })
    const taken = await office.ask('operator', ['PATCH', path], { body: { allowedCountries: ['DE'] } })
    expect(taken.status).toBe(200)
  })

  test('is forgotten after 90 days', async () => {
    const person = await somebody()
    await office.world.testClock.advance(89 * 86_400)
    await deleteOldLogins(office.world.workerDb.kysely)
    expect(await kept(person)).toHaveLength(1)
    await office.world.testClock.advance(86_401)
    await deleteOldLogins(office.world.workerDb.kysely)
    expect(await kept(person)).toEqual([])
  })
})
