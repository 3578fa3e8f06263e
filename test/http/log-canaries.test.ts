import { once } from 'node:events'
import { connect } from 'node:net'
import { deliverMails, tokenIn } from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Collector } from '../support/collector.ts'
import { documentedOperations, type Operation } from '../support/fuzz/operations.ts'
import { openApp, type TestApp } from '../support/open-app.ts'
import { formRoutes, pageRoutes } from '../support/served-routes.ts'
import { PageVisitor } from '../support/page-visitor.ts'
import { recorder, telemetryTo } from '../support/telemetry.ts'

const operations = await documentedOperations()
const email = 'canary.person@acme.example'
const password = 'canary password nobody else has'
const asJson = { 'content-type': 'application/json' }

describe('C177, C204: what iam-api logs, and says in spans and metrics', () => {
  let open: TestApp
  let collector: Collector
  /** Everything that must not be found, by what it is. */
  const canaries: Record<string, string> = { email, password, wrong: 'canary wrong password' }
  const visitor = () => new PageVisitor(open.app)
  beforeAll(async () => {
    open = await openApp({ logLevel: 'trace' })
    collector = await Collector.start()
    await open.deps.tracing.exportTo(telemetryTo(collector.endpoint), recorder, () => undefined)
    await gather()
  })
  afterAll(async () => {
    await open.close()
    await collector.close()
  })

  const post = (path: string, payload: object | string, headers: Record<string, string> = {}) =>
    open.app.inject({
      method: 'POST',
      url: `/api/v1${path}`,
      headers: { 'x-tenant-id': 'acme', ...asJson, ...headers },
      payload,
    })

  /** One of each secret that is handed out. */
  async function gather(): Promise<void> {
    await post('/auth/register', { email, password })
    const [verification] = await deliverMails(open.world)
    canaries['verification'] = tokenIn(verification)
    canaries['digits'] = verification?.digits ?? ''
    const login = await post('/auth/login', { email, password })
    const { accessToken, refreshToken } = login.json<{ accessToken: string; refreshToken: string }>()
    Object.assign(canaries, { accessToken, refreshToken })
    const browser = visitor()
    await browser.fill('/t/acme/sign-in', { email, password })
    for (const [name, value] of browser.cookies) canaries[name] = value
    await post('/auth/password/reset/request', { email })
    canaries['reset'] = tokenIn((await deliverMails(open.world)).at(-1))
    expect(Object.values(canaries).filter((value) => value.length < 8)).toEqual([])
    expect(Object.keys(canaries).length).toBeGreaterThan(8)
  }

  /** A body with one canary in every member that takes a text. */
  function bodyWith(canary: string, { body }: Operation): object {
    const properties = (body?.['properties'] ?? {}) as Record<string, unknown>
    return Object.fromEntries(Object.keys(properties).map((name) => [name, canary]))
  }

  async function sendEverywhere(operation: Operation, canary: string): Promise<void> {
    const { method, path } = operation
    const step = encodeURIComponent(canary)
    const urls = [
      path.replaceAll(/\{\w+\}/g, step),
      `${path.replaceAll(/\{\w+\}/g, step)}?token=${step}&cursor=${step}`,
    ]
    const headers = {
      authorization: `Bearer ${canary}`,
      cookie: `__Host-iam_acme=${step}; __Host-iam_refresh=${step}`,
      'idempotency-key': step,
      'x-tenant-id': 'acme',
      referer: `https://id.example/t/acme/reset-password?token=${step}`,
      origin: 'https://id.example.test',
    }
    const bearer = { ...headers, authorization: `Bearer ${canaries['accessToken']}` }
    const payload = JSON.stringify(bodyWith(canary, operation))
    for (const url of urls) await open.app.inject({ method, url, headers })
    for (const bodied of [headers, bearer, { ...headers, 'x-tenant-id': step }]) {
      if (method === 'GET') break
      const [url = ''] = urls
      await open.app.inject({ method, url, headers: { ...bodied, ...asJson }, payload })
      await open.app.inject({ method, url, headers: { ...bodied, ...asJson }, payload: `{"x": "${canary}` })
      await open.app.inject({
        method,
        url,
        headers: { ...bodied, 'content-type': 'text/plain' },
        payload: canary,
      })
    }
  }

  async function sendToPages(canary: string): Promise<void> {
    const step = encodeURIComponent(canary)
    const pages = [...(await pageRoutes()), ...(await formRoutes())]
    expect(pages.length).toBeGreaterThan(10)
    for (const page of new Set(pages)) {
      const url = page.replace(':slug', 'acme').replaceAll(/:\w+/g, step)
      const guest = visitor()
      await guest.open(`${url}?token=${step}`)
      const names = [
        'email',
        'password',
        'currentPassword',
        'newPassword',
        'code',
        'token',
        'name',
        'session',
        'next',
      ]
      await guest.send(url, Object.fromEntries(names.map((name) => [name, canary])))
      await guest.send(url, { form: canary })
    }
  }

  /** Where nothing can be written, everything ends in an error that is logged. */
  async function whileNothingCanBeWritten(work: () => Promise<unknown>): Promise<void> {
    const tables = ['audit_event', 'mail', 'session']
    const { admin } = open.world
    for (const table of tables)
      await sql`revoke insert on ${sql.table(`iam.${table}`)} from iam_api`.execute(admin)
    try {
      await work()
    } finally {
      for (const table of tables)
        await sql`grant insert on ${sql.table(`iam.${table}`)} to iam_api`.execute(admin)
    }
  }

  /** What Node itself cannot read as a request. */
  async function sendRaw(canary: string): Promise<void> {
    const address = open.app.server.address()
    if (address === null || typeof address === 'string') throw new Error('Nothing listens.')
    const socket = connect(address.port, '127.0.0.1')
    socket.resume()
    socket.end(
      `GET /t/acme/reset-password?token=${encodeURIComponent(canary)} HTTP/9.9\r\ncookie: ${canary}\r\n\r\n`,
    )
    await once(socket, 'close')
  }

  async function everythingSaid(): Promise<string> {
    // Ids are hexadecimal: eight digits stand in many of them by chance.
    const spans = collector.bodies.map(({ body }) =>
      body.replaceAll(/"(trace|span|parentSpan)Id":"\w+"/g, ''),
    )
    return [JSON.stringify(open.logged), ...spans, await open.deps.metrics.text()].join('\n')
  }

  function found(text: string): string[] {
    const spellings = (value: string) => [value, encodeURIComponent(value), value.slice(-40)]
    // Eight digits stand in many a longer number by chance.
    const isIn = (spelling: string) =>
      /^\d+$/.test(spelling) ? new RegExp(`(?<!\\d)${spelling}(?!\\d)`).test(text) : text.includes(spelling)
    return Object.entries(canaries).flatMap(([name, value]) => (spellings(value).some(isIn) ? [name] : []))
  }

  test('holds no password, token, link, digits, cookie or address that was sent to it, whatever became of the request', async () => {
    await open.app.listen({ port: 0, host: '127.0.0.1' })
    const values = Object.values(canaries)
    /** Each route is sent a few of them, and all of them are sent somewhere. */
    const some = (nth: number) => [0, 1, 2].map((n) => values[(nth * 3 + n) % values.length] ?? '')
    for (const [nth, operation] of operations.entries())
      for (const canary of some(nth)) await sendEverywhere(operation, canary)
    for (const canary of some(0)) await sendToPages(canary)
    for (const canary of values) await sendRaw(canary)
    await whileNothingCanBeWritten(async () => {
      await post('/auth/login', { email, password })
      await post('/auth/login', { email, password: canaries['wrong'] ?? '' })
      await post('/auth/register', { email: `new.${email}`, password })
      await post('/auth/password/reset/request', { email })
      await post('/auth/verify-email', { token: canaries['verification'] ?? '' })
      await visitor().fill('/t/acme/sign-in', { email, password })
    })
    const messages = new Set(open.logged.map((line) => line['message']))
    expect([...messages]).toEqual(
      expect.arrayContaining(['request', 'A request failed unexpectedly', 'A request could not be read']),
    )
    await open.deps.tracing.close()
    expect(collector.spans.length).toBeGreaterThan(100)
    expect(found(await everythingSaid())).toEqual([])
  }, 120_000)

  test('would be found out if it held any', async () => {
    expect(found(`${await everythingSaid()} the password is ${password}`)).toEqual(['password'])
  })
})
