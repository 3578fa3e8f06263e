import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { breachedPasswords } from '@iam/platform/breached-passwords'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditOf, deliverMails, eventsOf, setPolicy, tokenIn } from '@iam/testkit/world'
import { openApp, type TestApp } from '../support/open-app.ts'
import { PageVisitor } from '../support/page-visitor.ts'

const breached = 'kettle dawn orbit fern'

describe('registering with a password that may be breached', () => {
  let open: TestApp
  let service: Server
  let isAway = false
  const asked: (string | undefined)[] = []

  beforeAll(async () => {
    const sha1 = createHash('sha1').update(breached).digest('hex').toUpperCase()
    service = createServer((request, response) => {
      asked.push(request.url)
      if (isAway) response.writeHead(500).end()
      else response.end(`${'0'.repeat(35)}:0\r\n${sha1.slice(5)}:3`)
    })
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
    open = await openApp()
    Object.assign(open.world.passwords, { breached: breachedPasswords({ url, answerWithin: 10_000 }) })
  })
  afterAll(async () => {
    await open.close()
    await new Promise((resolve) => service.close(resolve))
  })

  let count = 0
  const register = (password: string) =>
    open.app.inject({
      method: 'POST',
      url: '/api/v1/auth/register',
      headers: { 'x-tenant-id': 'acme', 'content-type': 'application/json' },
      payload: { email: `person${(count += 1)}@acme.example`, password },
    })

  test('C173: is refused with the reason, and told nothing that identifies the password to anybody else', async () => {
    const refused = await register(breached)
    expect(refused.statusCode).toBe(422)
    expect(refused.json()).toMatchObject({ code: 'password_unacceptable', reason: 'breached' })
    expect(asked).toEqual([expect.stringMatching(/^\/range\/[0-9A-F]{5}$/)])
    expect((await register('kettle dawn orbit moss')).statusCode).toBe(202)
  })

  test('C173: while the service is away, the tenant’s policy decides', async () => {
    isAway = true
    expect((await register(breached)).statusCode).toBe(202)
    await setPolicy(open.world, { breachCheck: 'closed' })
    const closed = await register(breached)
    expect(closed.statusCode).toBe(503)
    expect(closed.headers['retry-after']).toBe('5')
    expect(closed.json()).toMatchObject({ code: 'temporarily_unavailable', retriable: true })
    const before = asked.length
    await setPolicy(open.world, { breachCheck: 'off' })
    expect((await register(breached)).statusCode).toBe(202)
    expect(asked.length).toBe(before)
  })
})

describe('a stored password that becomes known from a breach', () => {
  let open: TestApp
  let service: Server
  /** What the service knows by now. */
  const known = new Set<string>()
  const behaviour: { answer: 'range' | 'error' | 'never' } = { answer: 'range' }
  let asked = 0

  beforeAll(async () => {
    service = createServer((request, response) => {
      asked += 1
      if (behaviour.answer === 'error') response.writeHead(500).end()
      if (behaviour.answer !== 'range') return
      const lines = [...known].filter((sha1) => request.url?.endsWith(sha1.slice(0, 5)) === true)
      response.end([`${'0'.repeat(35)}:0`, ...lines.map((sha1) => `${sha1.slice(5)}:7`)].join('\r\n'))
    })
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
    open = await openApp()
    Object.assign(open.world.passwords, { breached: breachedPasswords({ url, answerWithin: 10_000 }) })
  })
  afterAll(async () => {
    await open.close()
    service.closeAllConnections()
    await new Promise((resolve) => service.close(resolve))
  })

  const leak = (password: string) =>
    known.add(createHash('sha1').update(password).digest('hex').toUpperCase())

  const send = (path: string, payload: object) =>
    open.app.inject({
      method: 'POST',
      url: `/api/v1/auth/${path}`,
      headers: { 'x-tenant-id': 'acme', 'content-type': 'application/json' },
      payload,
    })

  /** Somebody with a password of their own. */
  async function person(email: string, password: string) {
    expect((await send('register', { email, password })).statusCode).toBe(202)
    await deliverMails(open.world)
    const { id } = await open.world.admin
      .selectFrom('iam.user')
      .select('id')
      .where('email', '=', email)
      .executeTakeFirstOrThrow()
    return {
      userId: id as `usr_${string}`,
      logIn: (given = password) => send('login', { email, password: given }),
    }
  }

  const stateOfPassword = (userId: string) =>
    open.world.admin
      .selectFrom('iam.credential')
      .select(['breach_checked_at', 'breached_at'])
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow()

  /** As if a month had gone by since it was looked for. The clock stays: signing keys do not live that long. */
  const age = (userId: string) =>
    open.world.admin
      .updateTable('iam.credential')
      .set({ breach_checked_at: new Date(open.world.clock().getTime() - 30 * 86_400_000) })
      .where('user_id', '=', userId)
      .execute()

  /** How many checks after logins could begin now: fewer while some are under way. */
  function freeTurns(): number {
    const { rechecks } = open.world.passwords
    const turns: (() => void)[] = []
    for (let turn = rechecks.take(); turn !== undefined; turn = rechecks.take()) turns.push(turn)
    for (const end of turns) end()
    return turns.length
  }

  const reports = (what: string) => open.world.passwordReports.filter((report) => report.what === what).length

  test('C173: is looked for again after a month, once, however many log in, and its owner is told by mail', async () => {
    const password = 'harbour quilt lantern moss'
    const { userId, logIn } = await person('grace@acme.example', password)
    leak(password)
    const before = asked
    const turns = freeTurns()
    expect((await logIn()).statusCode).toBe(200)
    expect(asked).toBe(before) // it was looked for when it was chosen
    await age(userId)
    const answers = await Promise.all(Array.from({ length: 3 }, () => logIn()))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200])
    await open.world.passwordReport('breached')
    await expect.poll(async () => (await stateOfPassword(userId)).breached_at).not.toBeNull()
    await expect.poll(freeTurns).toBe(turns) // those that found it marked are over too
    const told = (await deliverMails(open.world)).filter(({ letter }) => letter === 'password_breached')
    expect(told).toEqual([expect.objectContaining({ to: 'grace@acme.example' })])
    expect(told[0]?.link).toMatch(/\/t\/acme\/forgotten-password$/)
    const events = await eventsOf(open.world, open.world.acme, userId)
    expect(events.filter(({ type }) => type === 'password.breached')).toHaveLength(1)
    expect(
      (await auditOf(open.world, userId)).filter((action) => action === 'password.breached'),
    ).toHaveLength(1)
    const askedByNow = asked
    expect((await logIn()).statusCode).toBe(200)
    expect(asked).toBe(askedByNow)
  })

  test('C173: one that is not found is looked for again a month later, and not before', async () => {
    const { userId, logIn } = await person('lin@acme.example', 'violet anchor pebble stair')
    await age(userId)
    const before = asked
    const { breach_checked_at: first } = await stateOfPassword(userId)
    expect((await logIn()).statusCode).toBe(200)
    await expect.poll(async () => (await stateOfPassword(userId)).breach_checked_at).not.toEqual(first)
    expect((await logIn()).statusCode).toBe(200)
    expect(asked).toBe(before + 1)
    expect((await stateOfPassword(userId)).breached_at).toBeNull()
  })

  test('C173: where the tenant wants it replaced, it lets nobody in, says so only to who knows it, and a reset by mail does', async () => {
    const password = 'copper window fable drum'
    const email = 'hopper@acme.example'
    const { userId, logIn } = await person(email, password)
    leak(password)
    await age(userId)
    await logIn()
    await expect.poll(async () => (await stateOfPassword(userId)).breached_at).not.toBeNull()
    expect((await logIn()).statusCode).toBe(200)
    await setPolicy(open.world, { breachedPasswords: 'replace' })
    const refused = await logIn()
    expect(refused.statusCode).toBe(403)
    expect(refused.json()).toMatchObject({ code: 'password_replacement_required', retriable: false })
    expect((await logIn('not the password')).json()).toMatchObject({ code: 'invalid_credentials' })
    const page = await new PageVisitor(open.app).fill('/t/acme/sign-in', { email, password })
    expect(page.status).toBe(422)
    expect(page.body).toContain('has become known from a breach')
    expect(page.body).toContain('href="/t/acme/forgotten-password"')
    const events = await eventsOf(open.world, open.world.acme, userId)
    expect(events.map(({ payload }) => (payload as { reason?: string }).reason)).toContain(
      'password_replacement_required',
    )
    await deliverMails(open.world)
    expect((await send('password/reset/request', { email })).statusCode).toBe(202)
    const [mail] = await deliverMails(open.world)
    const token = tokenIn(mail)
    const next = 'meadow ribbon cactus flute'
    expect((await send('password/reset/confirm', { token, password: next })).statusCode).toBe(204)
    expect((await logIn(next)).statusCode).toBe(200)
    expect((await stateOfPassword(userId)).breached_at).toBeNull()
    await setPolicy(open.world, {})
  })

  test('C173: while the service fails or does not answer, logins go on as fast, a few ask, and a later one asks again', async () => {
    const { userId, logIn } = await person('ida@acme.example', 'saddle orchid thunder pine')
    await age(userId)
    behaviour.answer = 'error'
    const failed = reports('breach_check_failed')
    expect((await logIn()).statusCode).toBe(200)
    await expect.poll(() => reports('breach_check_failed')).toBe(failed + 1)
    behaviour.answer = 'never'
    const before = asked
    // None of these waits for the service: it never answers.
    for (let n = 0; n < 8; n += 1) expect((await logIn()).statusCode).toBe(200)
    await expect.poll(() => asked).toBe(before + 4)
    behaviour.answer = 'range'
    service.closeAllConnections()
    await expect.poll(() => reports('breach_check_failed')).toBe(failed + 5)
    const { breach_checked_at: first } = await stateOfPassword(userId)
    expect((await logIn()).statusCode).toBe(200)
    await expect.poll(async () => (await stateOfPassword(userId)).breach_checked_at).not.toEqual(first)
  })
})
