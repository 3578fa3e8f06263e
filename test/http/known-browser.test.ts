import type { RequestOptions, SoftAuthenticator } from '@iam/testkit/authenticator'
import { addPerson, deliverMails, holdPasskey, setPolicy, tokenIn } from '@iam/testkit/world'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'
import { PageVisitor } from '../support/page-visitor.ts'

const elsewhere = { 'x-forwarded-for': '198.51.100.9', 'user-agent': 'Hotel/4.2 (iPhone; iOS 18.5)' }

/** A browser keeps a cookie by which it is known, on another network and after it has changed, too. */
describe('a browser that its person has logged in with before', () => {
  let open: TestApp
  let email: string
  let authenticator: SoftAuthenticator
  let people = 0
  beforeAll(async () => {
    open = await openApp()
  })
  afterAll(() => open.close())
  beforeEach(async () => {
    people += 1
    email = `known${people}@acme.example`
    const { world } = open
    await setPolicy(world, { magicLinks: true })
    const person = await addPerson(world, { tenantId: world.acme, email })
    await world.forget()
    ;({ authenticator } = await holdPasskey(world, person))
    await deliverMails(world)
  })

  const mailed = async () =>
    tokenIn(
      (await deliverMails(open.world)).findLast(({ letter, to }) => to === email && letter === 'magic_link'),
    )

  async function ask(browser: PageVisitor, path: string, payload: object, headers: object) {
    const { origin } = new URL(open.world.issuer)
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await open.app.inject({
      method: 'POST',
      url: `/api/v1/auth/${path}`,
      payload,
      headers: { 'x-tenant-id': 'acme', origin, cookie, ...headers },
    })
    for (const { name, value } of answer.cookies) browser.cookies.set(name, value)
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() }
  }

  type Way = (browser: PageVisitor, headers: Record<string, string>) => Promise<void>

  const ways: Record<string, Way> = {
    'a passkey, by REST': async (browser, headers) => {
      const { body } = await ask(browser, 'passkey/options', {}, headers)
      const passkey = authenticator.get(body['options'] as RequestOptions)
      const sent = { challenge: body['challenge'], passkey }
      expect((await ask(browser, 'passkey/verify', sent, headers)).status).toBe(200)
    },
    'a passkey, on the page': async (browser, headers) => {
      await browser.open('/t/acme/sign-in', headers)
      const { body } = await browser.send('/t/acme/sign-in/passkey/options', {}, headers)
      const { challenge, options } = JSON.parse(body) as { challenge: string; options: RequestOptions }
      const passkey = JSON.stringify(authenticator.get(options))
      const sent = await browser.send('/t/acme/sign-in/passkey', { challenge, passkey }, headers)
      expect(sent.location).toBe('/t/acme/account')
    },
    'a mailed link, by REST': async (browser, headers) => {
      const { body } = await ask(browser, 'magic-link/request', { email }, headers)
      const sent = { request: body['request'], token: await mailed() }
      expect((await ask(browser, 'magic-link/consume', sent, headers)).status).toBe(401)
    },
    'a mailed link, on the page': async (browser, headers) => {
      await browser.open('/t/acme/sign-in', headers)
      await browser.send('/t/acme/mail-link', { email, password: '' }, headers)
      const token = await mailed()
      await browser.open(`/t/acme/magic-link?token=${token}`, headers)
      const sent = await browser.send('/t/acme/magic-link', { token }, headers)
      expect(sent.location).toBe('/t/acme/second-factor')
    },
  }

  /** What a login was told of: by mail, and in its risk. */
  async function told() {
    const letters = (await deliverMails(open.world)).map(({ letter }) => letter)
    const { reasons } = await open.world.admin
      .selectFrom('iam.login_risk')
      .select('reasons')
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow()
    return { letters, codes: (reasons as { code: string }[]).map(({ code }) => code) }
  }

  test.each(Object.entries(ways))('is no new device after %s', async (_name, logIn) => {
    const known = new PageVisitor(open.app)
    await ways['a passkey, on the page']?.(known, {})
    const device = [...known.cookies].filter(([name]) => name.startsWith('__Host-iam_device_'))
    expect(device).toHaveLength(1)
    await told()
    const again = new PageVisitor(open.app)
    for (const [name, value] of device) again.cookies.set(name, value)
    await logIn(again, elsewhere)
    const { letters, codes } = await told()
    expect(letters).not.toContain('new_device')
    expect(codes).toEqual(['new_network'])
    await logIn(new PageVisitor(open.app), { ...elsewhere, 'x-forwarded-for': '192.0.2.77' })
    expect((await told()).codes).toContain('new_device')
  })
})
