import { limits } from '@iam/domain/limit'
import { addPerson, deliverMails, setPolicy, tokenIn } from '@iam/testkit/world'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Holders } from '../support/holder.ts'
import { openApp, type TestApp } from '../support/open-app.ts'
import { PageVisitor, type Page } from '../support/page-visitor.ts'

const waiting = '/t/acme/magic-link/waiting'
const link = '/t/acme/magic-link'
/** What the waiting page does by itself. */
const itself = {
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
}

describe('signing in by a mailed link', () => {
  let app: TestApp
  let email: string
  let people = 0
  beforeAll(async () => {
    app = await openApp()
    await setPolicy(app.world, { magicLinks: true })
  })
  afterAll(() => app.close())
  beforeEach(async () => {
    people += 1
    email = `reader${people}@acme.example`
    await addPerson(app.world, { tenantId: app.world.acme, email })
    await deliverMails(app.world)
  })

  const visitor = () => new PageVisitor(app.app)
  const mailed = async () => {
    const mail = (await deliverMails(app.world)).find(
      ({ to, letter }) => to === email && letter === 'magic_link',
    )
    return { token: tokenIn(mail), digits: mail?.digits ?? '', params: mail?.params }
  }
  const numberOn = ({ body }: Page) => /class="shown" dir="ltr">(\d{4})</.exec(body)?.[1] ?? ''
  /** Asks for a link from the sign-in page, and waits. */
  async function asking(headers: Record<string, string> = {}) {
    const browser = visitor()
    await browser.open('/t/acme/sign-in')
    const asked = await browser.send('/t/acme/mail-link', { email, password: '' }, headers)
    expect(asked).toMatchObject({ status: 303, location: waiting })
    const page = await browser.open(waiting)
    expect(page.status).toBe(200)
    return { browser, number: numberOn(page), ...(await mailed()) }
  }
  const isSignedIn = async (browser: PageVisitor) =>
    (await browser.open('/t/acme/account')).body.includes(email)
  const sessions = () =>
    app.world.admin
      .selectFrom('iam.session as s')
      .innerJoin('iam.user as u', (on) =>
        on.onRef('u.id', '=', 's.user_id').onRef('u.tenant_id', '=', 's.tenant_id'),
      )
      .select(['s.amr', 's.acr'])
      .where('u.email', '=', email)
      .execute()
  const rest = async (path: string, payload: object, headers: Record<string, string> = {}) => {
    const url = `/api/v1/auth/magic-link/${path}`
    const answer = await app.app.inject({
      method: 'POST',
      url,
      payload,
      headers: { 'x-tenant-id': 'acme', ...headers },
    })
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() }
  }

  /** A mail scanner: it asks with HEAD and GET, follows every link and sends every form, with what fields may take. */
  async function scan(token: string): Promise<void> {
    const scanner = visitor()
    const start = `${link}?token=${token}`
    for (const lang of ['', '&lang=fr']) {
      await scanner.open(`${start}${lang}`, {}, 'HEAD')
      await scanner.open(`${start}${lang}`)
    }
    const { body } = await scanner.open(start)
    const links = [...body.matchAll(/href="(\/[^"]+)"/g)].map(([, href = '']) =>
      href.replaceAll('&amp;', '&'),
    )
    expect(links.length).toBeGreaterThan(2)
    for (const href of links) await scanner.open(href)
    for (const number of ['', 'test', 'scanner@example.com', 'on']) {
      await scanner.open(start)
      const sent = await scanner.send(link, { token, number })
      expect(sent.status).toBe(422)
    }
    await scanner.open('/t/acme/magic-link/approved')
    for (const page of [waiting, '/t/acme/magic-link/code']) {
      await scanner.open(page, itself)
      await scanner.send(page, { code: '00000000' })
    }
    expect(await isSignedIn(scanner)).toBe(false)
  }

  test('C178: a scanner that heads, gets, follows and submits leaves the link usable and signs nobody in', async () => {
    const { browser, token } = await asking()
    await scan(token)
    expect(await sessions()).toEqual([])
    expect((await browser.open(waiting, itself)).status).toBe(200)
    await scan(token)
    const page = await browser.open(`${link}?token=${token}`)
    expect(page.body).not.toContain('name="number"')
    expect(await browser.send(link, { token })).toMatchObject({ status: 303, location: '/t/acme/account' })
    expect(await isSignedIn(browser)).toBe(true)
    expect(await sessions()).toEqual([{ amr: ['email'], acr: 'email' }])
    expect((await browser.open(waiting, itself)).location).toBe('/t/acme/account')
    expect((await visitor().open(`${link}?token=${token}`)).status).toBe(422)
  })

  test('C178: a scanner that types digits ends the number’s way, and the person is told how to go on', async () => {
    const typed = ['0000', '1234', '1111', '9999', '2580', '0123', '4321']
    for (const way of ['code', 'link'] as const) {
      const { browser, token, number, digits } = await asking()
      const scanner = visitor()
      for (const guess of typed.filter((each) => each !== number)) {
        await scanner.open(`${link}?token=${token}`)
        expect((await scanner.send(link, { token, number: guess })).status).toBe(422)
        await scanner.fill('/t/acme/magic-link/code', { code: `${guess}${guess}` })
      }
      await scan(token)
      const phone = visitor()
      expect((await phone.open(`${link}?token=${token}`)).body).toContain('name="number"')
      const told = await phone.send(link, { token, number })
      expect([told.status, told.body.includes('type the code of the message there')]).toEqual([422, true])
      const before = (await sessions()).length
      const page = await browser.open(waiting, itself)
      expect([page.status, page.body.includes('/t/acme/magic-link/code')]).toEqual([200, true])
      if (way === 'link') await browser.open(`${link}?token=${token}`)
      const entered =
        way === 'code'
          ? await browser.fill('/t/acme/magic-link/code', { code: digits })
          : await browser.send(link, { token })
      expect(entered).toMatchObject({ status: 303, location: '/t/acme/account' })
      expect(await sessions()).toHaveLength(before + 1)
    }
  })

  test('C180: another device says what asked, takes the number, and lets the first one go on by itself', async () => {
    const { browser, token, number } = await asking({
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'x-client-geo-city': 'Lisbon',
      'x-client-geo-country': 'PT',
      'x-forwarded-for': '203.0.113.9',
    })
    const phone = visitor()
    const shown = await phone.open(`${link}?token=${token}`)
    for (const told of ['Firefox', 'Linux', 'Lisbon']) expect(shown.body).toContain(told)
    expect(shown.body).not.toContain(number)
    const wrong = number === '0000' ? '1111' : '0000'
    expect(await phone.send(link, { token, number: wrong })).toMatchObject({ status: 422 })
    expect((await browser.open(waiting, itself)).status).toBe(200)
    expect(await phone.send(link, { token, number })).toMatchObject({
      status: 303,
      location: '/t/acme/magic-link/approved',
    })
    expect(await isSignedIn(phone)).toBe(false)
    expect((await phone.open(`${link}?token=${token}`)).body).not.toContain('name="number"')
    expect(await browser.open(waiting, itself)).toMatchObject({ status: 303, location: '/t/acme/account' })
    expect(await isSignedIn(browser)).toBe(true)
    expect(await sessions()).toHaveLength(1)
  })

  test('C158: once approved, only the waiting page itself signs in by a GET; others get a button', async () => {
    const { browser, token, number } = await asking()
    const phone = visitor()
    await phone.open(`${link}?token=${token}`)
    await phone.send(link, { token, number })
    for (const headers of [
      {},
      { ...itself, 'sec-fetch-site': 'cross-site' },
      { ...itself, 'sec-purpose': 'prefetch' },
      { ...itself, 'sec-fetch-dest': 'iframe' },
    ]) {
      expect((await browser.open(waiting, headers)).status).toBe(200)
    }
    expect((await browser.open(waiting, itself, 'HEAD')).status).toBe(200)
    expect(await sessions()).toEqual([])
    await browser.open(waiting)
    expect(await browser.send(waiting, { form: 'made up' })).toMatchObject({ status: 403 })
    expect(await browser.send(waiting)).toMatchObject({ status: 303, location: '/t/acme/account' })
  })

  test('somebody suspended meanwhile is told so where they asked, in words', async () => {
    const { browser, token, number } = await asking()
    const phone = visitor()
    await phone.open(`${link}?token=${token}`)
    await phone.send(link, { token, number })
    const { admin } = app.world
    await admin.updateTable('iam.user').set({ status: 'suspended' }).where('email', '=', email).execute()
    expect((await browser.open(waiting, itself)).status).toBe(200)
    const refused = await browser.send(waiting)
    expect(refused.status).toBe(422)
    expect(refused.body).toContain('suspended')
    expect(await sessions()).toEqual([])
  })

  test('the code signs in where it was asked for, typed with whatever digits and spaces', async () => {
    const { browser, digits } = await asking()
    const code = '/t/acme/magic-link/code'
    expect(await browser.fill(code, { code: 'abc' })).toMatchObject({ status: 422 })
    const wrong = String((Number(digits) + 1) % 1e8).padStart(8, '0')
    expect(await browser.fill(code, { code: wrong })).toMatchObject({ status: 422 })
    const arabic = digits.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit)))
    expect(await visitor().fill(code, { code: arabic })).toMatchObject({ location: '/t/acme/sign-in' })
    const spaced = `${arabic.slice(0, 4)} ${arabic.slice(4)}`
    expect(await browser.fill(code, { code: spaced })).toMatchObject({ location: '/t/acme/account' })
    expect(await isSignedIn(browser)).toBe(true)
  })

  test('leads on to the page that was wanted, and to no other', async () => {
    const browser = visitor()
    await browser.open('/t/acme/sign-in?next=password')
    await browser.send('/t/acme/mail-link', { email, next: 'password' })
    const { token } = await mailed()
    await browser.open(`${link}?token=${token}`)
    expect((await browser.send(link, { token })).location).toBe('/t/acme/account/password')
  })

  test('a newer request of the same browser is the one that counts', async () => {
    const first = await asking()
    await first.browser.open('/t/acme/mail-link')
    await first.browser.send('/t/acme/mail-link', { email })
    const { token } = await mailed()
    expect((await first.browser.open(`${link}?token=${first.token}`)).status).toBe(422)
    await first.browser.open(`${link}?token=${token}`)
    expect((await first.browser.send(link, { token })).status).toBe(303)
  })

  test('C165: unknown, suspended and known addresses are answered alike, page by page', async () => {
    await addPerson(app.world, { tenantId: app.world.acme, email: `away-${email}` })
    await app.world.admin
      .updateTable('iam.user')
      .set({ status: 'suspended' })
      .where('email', '=', `away-${email}`)
      .execute()
    const answers = async (address: string) => {
      const browser = visitor()
      await browser.open('/t/acme/sign-in')
      const asked = await browser.send('/t/acme/mail-link', { email: address })
      const page = await browser.open(waiting)
      await deliverMails(app.world)
      await app.world.forget()
      const later = await browser.open(waiting)
      const wrong = await browser.fill('/t/acme/magic-link/code', { code: '0000 0000' })
      return [asked, page, later, wrong].map(({ status, location, headers, body }) => ({
        status,
        location,
        headers: Object.keys(headers),
        body: body.replaceAll(/value="[^"]+"|>\d{4}</g, ''),
      }))
    }
    const known = await answers(email)
    expect(await answers(`nobody-${email}`)).toEqual(known)
    expect(await answers(`away-${email}`)).toEqual(known)
  })

  test('C165: by REST, too, unknown, suspended and known addresses are answered alike', async () => {
    const holder = await new Holders(app).newHolder()
    const away = `gone-${email}`
    await addPerson(app.world, { tenantId: app.world.acme, email: away })
    const { admin } = app.world
    await admin.updateTable('iam.user').set({ status: 'suspended' }).where('email', '=', away).execute()
    const answers = async (address: string) => {
      const asked = await rest('request', { email: address })
      await deliverMails(app.world)
      await app.world.forget()
      const { request } = asked.body
      const wrong = await rest('consume', { request, code: '00000000' })
      const { traceId: _, requestId: __, ...refused } = wrong.body
      const shape = Object.entries(asked.body).map(([name, value]) => [name, String(value).length])
      return [asked.status, shape, await rest('status', { request }), wrong.status, refused]
    }
    const known = await answers(email)
    expect(known.slice(2, 4)).toEqual([{ status: 200, body: { status: 'waiting' } }, 400])
    for (const other of [`nobody-${email}`, away, holder.email]) expect(await answers(other)).toEqual(known)
  })

  test('by REST: on the device that asked, with the link’s token, the code, or its approval', async () => {
    const ask = async () => {
      const { status, body } = await rest('request', { email })
      expect(status).toBe(202)
      return { ...(body as { request: string; number: string }), ...(await mailed()) }
    }
    const byToken = await ask()
    expect((await rest('status', { request: byToken.request })).body).toEqual({ status: 'waiting' })
    expect((await rest('consume', { request: byToken.request })).body['code']).toBe('code_invalid')
    const opened = await rest('consume', {
      request: byToken.request,
      token: byToken.token,
      device: 'my phone',
    })
    expect(opened).toMatchObject({ status: 200, body: { tokenType: 'Bearer', user: { email } } })
    expect((await rest('status', { request: byToken.request })).body).toEqual({ status: 'ended' })
    expect((await rest('consume', { request: byToken.request, token: byToken.token })).status).toBe(400)
    const byCode = await ask()
    expect((await rest('consume', { request: byCode.request, code: byCode.digits })).status).toBe(200)
    const approved = await ask()
    const phone = visitor()
    await phone.open(`${link}?token=${approved.token}`)
    await phone.send(link, { token: approved.token, number: approved.number })
    expect((await rest('status', { request: approved.request })).body).toEqual({ status: 'approved' })
    expect((await rest('consume', { request: approved.request })).status).toBe(200)
    for (const body of [{}, { request: 'x', token: 'x', code: '12345678' }, { token: approved.token }])
      expect((await rest('consume', body)).body['code']).toBe('invalid_request')
  })

  test('C190: who has a second factor is asked for it, and both stand in the session', async () => {
    const holders = new Holders(app)
    const holder = await holders.newHolder()
    email = holder.email
    await deliverMails(app.world)
    const { body } = await rest('request', { email })
    const { token } = await mailed()
    const first = await rest('consume', { request: body['request'], token, device: 'the phone' })
    expect(first).toMatchObject({ status: 401, body: { code: 'mfa_required' } })
    const before = (await sessions()).length
    const challenge = (first.body['challenge'] as { id: string }).id
    // A password that too many failures disabled is not enabled by somebody who did not know it.
    const { admin, clock } = app.world
    const disabled = { in_a_row: 100, last_at: clock(), disabled_at: clock() }
    const { tenantId: tenant_id, userId: user_id } = holder
    await admin
      .insertInto('iam.login_failure')
      .values({ tenant_id, user_id, ...disabled })
      .execute()
    expect((await rest('consume', { request: body['request'], token })).body['code']).toBe('code_invalid')
    const second = await holders.verify(challenge, { code: holder.app.code() })
    expect(second.status).toBe(200)
    const session = await holders.ask('GET', '/auth/session', { token: String(second.body['accessToken']) })
    expect(session.body['session']).toMatchObject({ amr: ['email', 'otp'], acr: 'aal1' })
    expect(await sessions()).toHaveLength(before + 1)
    const failures = admin.selectFrom('iam.login_failure').select('in_a_row').where('user_id', '=', user_id)
    expect(await failures.execute()).toEqual([{ in_a_row: 100 }])
  })

  test('C190: on the pages the second step follows in the browser that asked, wherever the mail was read', async () => {
    const holder = await new Holders(app).newHolder()
    email = holder.email
    await deliverMails(app.world)
    const second = '/t/acme/second-factor'
    const browser = visitor()
    await browser.open('/t/acme/sign-in?next=password')
    await browser.send('/t/acme/mail-link', { email, next: 'password' })
    const own = await mailed()
    await browser.open(`${link}?token=${own.token}`)
    expect((await browser.send(link, { token: own.token })).location).toBe(`${second}?next=password`)
    expect(await isSignedIn(browser)).toBe(false)
    await browser.open(`${second}?next=password`)
    const done = await browser.send(second, { code: holder.app.code(), next: 'password' })
    expect(done.location).toBe('/t/acme/account/password')
    await app.world.testClock.advance(60)

    const { browser: laptop, token, number } = await asking()
    const phone = visitor()
    await phone.open(`${link}?token=${token}`)
    await phone.send(link, { token, number })
    expect((await laptop.open(waiting, itself)).location).toBe(second)
    expect((await laptop.open(waiting, itself)).location).toBe('/t/acme/sign-in')
    expect((await phone.open(second)).location).toBe('/t/acme/sign-in')
    await laptop.open(second)
    expect((await laptop.send(second, { code: holder.app.code() })).location).toBe('/t/acme/account')
    expect(await isSignedIn(laptop)).toBe(true)
    const newest = (await sessions()).slice(-2)
    expect(newest).toEqual(Array.from({ length: 2 }, () => ({ amr: ['email', 'otp'], acr: 'aal1' })))
  })

  test('without the policy no page offers it, and none does it', async () => {
    await setPolicy(app.world, {})
    const browser = visitor()
    expect((await browser.open('/t/acme/sign-in')).body).not.toContain('mail-link')
    expect((await browser.send('/t/acme/mail-link', { email })).status).toBe(422)
    expect((await browser.open('/t/acme/mail-link')).location).toBe('/t/acme/sign-in')
    expect((await rest('request', { email })).body['code']).toBe('magic_links_off')
    await setPolicy(app.world, { magicLinks: true, passwordLogin: false })
    const { body } = await browser.open('/t/acme/sign-in')
    expect(body).not.toContain('type="password"')
    await browser.send('/t/acme/mail-link', { email })
    const { token } = await mailed()
    await browser.open(`${link}?token=${token}`)
    expect((await browser.send(link, { token })).status).toBe(303)
    await setPolicy(app.world, { magicLinks: true })
  })
})

describe('C180: asking for links', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await openApp({ limits: 1 })
    await setPolicy(app.world, { magicLinks: true })
  })
  afterAll(() => app.close())

  const ask = async (email: string, from: string, cookie = '') => {
    const answer = await app.app.inject({
      method: 'POST',
      url: '/api/v1/auth/magic-link/request',
      payload: { email },
      headers: { 'x-tenant-id': 'acme', 'x-forwarded-for': from, cookie },
    })
    return answer.statusCode
  }

  test('three an hour for an address, from however many networks, and twenty for a network', async () => {
    const flood: number[] = []
    for (let n = 0; n < 6; n += 1) flood.push(await ask('ada@acme.example', `198.51.100.${n}`))
    expect(flood).toEqual([202, 202, 202, 429, 429, 429])
    const spread: number[] = []
    for (let n = 0; n < 22; n += 1) spread.push(await ask(`somebody${n}@acme.example`, '192.0.2.77'))
    expect(spread.filter((status) => status === 202)).toHaveLength(20)
    const mails = await app.world.admin.selectFrom('iam.mail').select('id').execute()
    expect(mails).toHaveLength(23)
  })

  test('C167: a browser where the person signed in before is kept out by no stranger', async () => {
    const { email } = await addPerson(app.world, { tenantId: app.world.acme, email: 'known@acme.example' })
    const browser = new PageVisitor(app.app)
    await browser.open('/t/acme/sign-in')
    await browser.send('/t/acme/sign-in', { email, password: app.world.demo.password })
    const cookie = [...browser.cookies]
      .filter(([name]) => name.includes('device'))
      .map(([name, value]) => `${name}=${value}`)
      .join()
    for (let n = 0; n < 4; n += 1) await ask(email, `198.51.100.${n}`)
    expect(await ask(email, '198.51.100.99')).toBe(429)
    const known: number[] = []
    for (let n = 0; n < 4; n += 1) known.push(await ask(email, '198.51.100.99', cookie))
    expect(known).toEqual([202, 202, 202, 429])
    expect(await ask('other@acme.example', '198.51.100.98', cookie)).toBe(202)
  })

  test('going on once approved counts as other uses of a code do, by itself and by its button', async () => {
    const { email } = await addPerson(app.world, { tenantId: app.world.acme, email: 'patient@acme.example' })
    const from = (network: string) => ({ 'x-forwarded-for': network })
    const [here, there] = [from('198.51.100.201'), from('198.51.100.202')]
    const browser = new PageVisitor(app.app)
    await browser.open('/t/acme/sign-in', here)
    await browser.send('/t/acme/mail-link', { email }, here)
    const { body } = await browser.open(waiting, here)
    const number = /class="shown" dir="ltr">(\d{4})</.exec(body)?.[1] ?? ''
    const mail = (await deliverMails(app.world)).find(({ to }) => to === email)
    const phone = new PageVisitor(app.app)
    await phone.open(`${link}?token=${tokenIn(mail)}`, there)
    const approved = await phone.send(link, { token: tokenIn(mail), number }, there)
    expect(approved.location).toBe('/t/acme/magic-link/approved')
    const another = () =>
      app.app.inject({
        method: 'POST',
        url: '/api/v1/auth/magic-link/consume',
        payload: { request: 'x', code: '12345678' },
        headers: { 'x-tenant-id': 'acme', ...here },
      })
    for (let n = 0; n < limits['one-time-code'].points; n += 1) await another()
    const shown = await browser.open(waiting, { ...itself, ...here })
    expect(shown).toMatchObject({ status: 200, location: undefined })
    expect(await browser.send(waiting, {}, here)).toMatchObject({ status: 429 })
    expect(await browser.send(waiting, {}, there)).toMatchObject({ location: '/t/acme/account' })
  })
})
