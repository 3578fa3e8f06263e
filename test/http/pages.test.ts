import { deliverMails, tokenIn } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'
import { pageExamples, urlOf } from '../support/page-examples.ts'
import { PageVisitor, type Page } from '../support/page-visitor.ts'
import { pageRoutes, servedRoutes } from '../support/served-routes.ts'

const password = 'correct horse battery staple'
const ada = { email: 'ada@acme.example', password }
const fresh = 'quartz lantern voyage pepper'

const examples = Object.values(pageExamples).flat()
/** Pages that are not there. */
const missing = [
  '/t/acme/nothing-here',
  '/t/acme/account/nothing-here',
  '/t/nobody/sign-in',
  '/t/acme/%00',
  '/t/%zz',
  `/t/${'x'.repeat(300)}/sign-in`,
  '/nowhere',
]

describe('the hosted pages', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await openApp()
  })
  afterAll(() => app.close())

  const visitor = () => new PageVisitor(app.app)

  async function signedIn(): Promise<PageVisitor> {
    const browser = visitor()
    const answer = await browser.fill('/t/acme/sign-in', ada)
    expect(answer).toMatchObject({ status: 303, location: '/t/acme/account' })
    return browser
  }

  async function registered(email: string): Promise<{ browser: PageVisitor; token: string; digits: string }> {
    const browser = visitor()
    expect(await browser.fill('/t/acme/register', { email, password: fresh })).toMatchObject({
      status: 303,
      location: '/t/acme/verify-email',
    })
    const mail = (await deliverMails(app.world)).find(({ to }) => to === email)
    return { browser, token: tokenIn(mail), digits: mail?.digits ?? '' }
  }

  function expectProtected({ status, headers, body }: Page, url: string): void {
    expect(headers, url).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': url === '/api/v1/errors' ? 'public, max-age=3600' : 'no-store',
    })
    const policy = String(headers['content-security-policy']).split(/; */)
    expect(policy, url).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ]),
    )
    expect(policy.some((each) => /^form-action '(self|none)'$/.test(each))).toBe(true)
    expect(policy.join(' ')).not.toContain('unsafe')
    if (status === 303) return
    expect(headers['content-type'], url).toBe('text/html; charset=utf-8')
    const ours = /<script src="(\/t\/-\/passkeys\.[\w-]{16}\.js)" defer><\/script>/.exec(body)
    const scripts = policy.filter((each) => /^(script|connect)-src/.test(each))
    const { origin } = new URL(app.world.issuer)
    expect(scripts, url).toEqual(
      ours === null ? [] : [`script-src ${origin}${ours[1]}`, `connect-src ${origin}/t/`],
    )
    expect(body.replace(ours?.[0] ?? '', ''), url).not.toMatch(
      /<script|<style| style=| on[a-z]+=|https?:\/\//,
    )
    expect(body, url).toMatch(/^<!doctype html>\n<html lang="[a-z]{2}"/)
    expect(body, url).toMatch(/<title>[^<]+<\/title>/)
    expect(body.match(/<h1>/g), url).toHaveLength(1)
  }

  test('every page that there is has an example, on which the tests of all pages are tried', async () => {
    expect(Object.keys(pageExamples).toSorted()).toEqual((await pageRoutes()).toSorted())
  })

  test('C164: every page, errors too, is protected from frames, sniffing, scripts, referrers and caches', async () => {
    const known = await signedIn()
    for (const example of examples) {
      const url = urlOf(example, 'acme')
      expectProtected(await (example.own ? known : visitor()).open(url), url)
      expectProtected(await known.open(url), url)
    }
    for (const url of missing) expectProtected(await visitor().open(url), url)
    for (const refused of [{}, ada, { ...ada, form: 'made up' }]) {
      expectProtected(await visitor().send('/t/acme/sign-in', refused), 'POST sign-in')
    }
  })

  test('C164: whatever else answers with HTML is protected alike', async () => {
    const pages = new Set(Object.keys(pageExamples))
    const routes = await servedRoutes()
    const others = routes.filter(({ method, url }) => method === 'GET' && !pages.has(url))
    expect(others.length).toBeGreaterThan(10)
    for (const { url } of others) {
      const answer = await visitor().open(url.replaceAll(/:\w+/g, 'usr_01BX5ZZKBKACTAV9WEVGEMMVRZ'))
      if (String(answer.headers['content-type']).includes('html')) expectProtected(answer, url)
    }
  })

  test('every page says what it is in each of the languages, which is remembered', async () => {
    const known = await signedIn()
    const stranger = visitor()
    for (const [lang, dir, word] of [
      ['en', 'ltr', 'Language'],
      ['fr', 'ltr', 'Langue'],
      ['ar', 'rtl', 'اللغة'],
    ] as const) {
      for (const example of examples) {
        const url = urlOf(example, 'acme')
        if (url === '/api/v1/errors') continue
        const page = await (example.own ? known : stranger).open(
          `${url}${url.includes('?') ? '&' : '?'}lang=${lang}`,
        )
        if (page.status === 303) continue
        expect(page.body).toContain(`<html lang="${lang}" dir="${dir}">`)
        expect(page.body).toContain(word)
        expect(page.body).not.toContain('undefined')
      }
      expect((await known.open('/t/acme/account')).body).toContain(`<html lang="${lang}"`)
    }
    const french = await visitor().open('/t/acme/sign-in', { 'accept-language': 'fr-CH, en;q=0.5' })
    expect(french.body).toContain('<html lang="fr"')
  })

  test('C155: every cookie is for this host alone and out of reach of scripts', async () => {
    const browser = await signedIn()
    await browser.open('/t/acme/account?lang=fr')
    await browser.fill('/t/acme/account', {})
    await browser.send('/t/acme/account/sign-out')
    await browser.open('/t/acme/signed-out')
    expect(browser.set.length).toBeGreaterThan(4)
    for (const cookie of browser.set) {
      expect(cookie).toMatch(
        /^__Host-[^=]+=[^;]*; Max-Age=\d+; Path=\/; Secure; HttpOnly; SameSite=(Lax|Strict)$/,
      )
    }
  })

  test('C157: a form is taken from our own page alone, as a form alone, and with its token alone', async () => {
    const foreign = [
      { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      { 'sec-fetch-site': 'same-site', origin: 'https://sibling.example.test' },
      { 'sec-fetch-site': 'none' },
    ]
    const browser = visitor()
    await browser.open('/t/acme/sign-in')
    for (const headers of foreign) {
      expect((await browser.send('/t/acme/sign-in', ada, headers)).status).toBe(403)
    }
    expect((await browser.send('/t/acme/sign-in', { ...ada, form: 'made up' })).status).toBe(403)
    expect((await visitor().send('/t/acme/sign-in', ada)).status).toBe(403)
    for (const type of [
      'application/json',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded;x',
    ]) {
      expect((await browser.send('/t/acme/sign-in', ada, { 'content-type': type })).status).toBe(415)
    }
    const elsewhere = visitor()
    await elsewhere.open('/t/globex/sign-in')
    expect((await elsewhere.send('/t/acme/sign-in', ada)).status).toBe(403)
    const known = await signedIn()
    expect((await known.send('/t/acme/account/sign-out')).status).toBe(403)
    expect((await known.open('/t/acme/account')).status).toBe(200)
  })

  test('a refusal stands beside its field, keeps the address and never echoes a password', async () => {
    const browser = visitor()
    const wrong = await browser.fill('/t/acme/sign-in', { ...ada, password: 'not "the" <one>' })
    expect(wrong.status).toBe(422)
    expect(wrong.body).toContain('The address or the password is wrong.')
    expect(wrong.body).toContain('value="ada@acme.example"')
    const hostile = await browser.fill('/t/acme/register', { email: '"><b>@x.example', password: fresh })
    expect(hostile.body).toContain('value="&quot;&gt;&lt;b&gt;@x.example"')
    const short = await browser.fill('/t/acme/register', { email: 'new@x.example', password: 'short' })
    expect(short.body).toContain('id="password-fault" role="alert">Use at least 15 characters')
    expect(short.body).toContain('aria-describedby="password-fault" aria-invalid="true" autofocus')
    const malformed = await browser.fill('/t/acme/register', { email: 'nobody', password: fresh })
    expect(malformed.body).toContain('id="email-fault"')
    for (const { body } of [wrong, hostile, short, malformed]) {
      expect(body).toContain('<title>Error: ')
      expect(body).not.toMatch(/not &quot;the|"short"|quartz/)
    }
  })

  test('a sign-in that lay open too long says so, keeps the address, and can be sent again', async () => {
    const browser = visitor()
    await browser.open('/t/acme/sign-in')
    await app.world.testClock.advance(28_801)
    const late = await browser.send('/t/acme/sign-in', ada)
    expect(late.status).toBe(403)
    expect(late.body).toContain('This page had become too old. Please try once more.')
    expect(late.body).toContain('value="ada@acme.example"')
    expect(await browser.send('/t/acme/sign-in', ada)).toMatchObject({ location: '/t/acme/account' })
    const blocked = visitor()
    await blocked.open('/t/acme/sign-in')
    blocked.cookies.clear()
    const without = await blocked.send('/t/acme/sign-in', ada)
    expect(without.status).toBe(403)
    expect(without.body).toContain('cookies are blocked')
    expect(without.body).toContain('value="ada@acme.example"')
  })

  test('what is typed can be seen without a script, and is never sent back', async () => {
    const browser = await signedIn()
    const stranger = visitor()
    for (const [who, url] of [
      [stranger, '/t/acme/sign-in?next=email'],
      [stranger, '/t/acme/register'],
      [stranger, '/t/acme/reset-password?token=abc'],
      [browser, '/t/acme/account/password'],
      [browser, '/t/acme/account/email'],
    ] as const) {
      const hidden = await who.open(url)
      expect(hidden.body).toMatch(/ type="password"/)
      const link = /<a href="([^"]+)">Show password/.exec(hidden.body)?.[1] ?? ''
      const shown = await who.open(link.replaceAll('&amp;', '&'))
      expect(shown.body).not.toMatch(/ type="password"/)
      expect(shown.body).toMatch(
        /type="text" autocomplete="off"[^>]* autocapitalize="none" spellcheck="false"/,
      )
      expect(shown.body).toContain(`<a href="${url.replace('&', '&amp;')}">Hide password`)
      const path = url.split('?')[0] ?? ''
      const secret = 'never to be seen again'
      const typed = { password: secret, currentPassword: secret, newPassword: 'short', email: 'nobody' }
      const refused = await who.send(path, { ...typed, token: 'abc', show: '1' })
      expect(refused.body, url).not.toContain(secret)
      if (!url.includes('reset')) expect(refused.body, url).toContain('Hide password')
    }
  })

  test('C178: a scanner that follows a link, with HEAD and GET and again, leaves it usable', async () => {
    const { token } = await registered('scanned@acme.example')
    const link = `/t/acme/verify-email?token=${token}`
    for (const method of ['HEAD', 'GET', 'GET', 'HEAD'] as const) {
      expect((await visitor().open(link, {}, method)).status).toBe(200)
    }
    const scripted = await visitor().send('/t/acme/verify-email', { token })
    expect(scripted.status).toBe(403)
    const browser = visitor()
    expect(await browser.fill(link, { token })).toMatchObject({ status: 303, location: '/t/acme/sign-in' })
    expect((await browser.open('/t/acme/sign-in')).body).toContain('Your address is confirmed.')
    expect((await browser.open('/t/acme/sign-in')).body).not.toContain('Your address is confirmed.')
    const again = await browser.fill(link, { token })
    expect(again.status).toBe(422)
    expect(again.body).toContain('This link cannot be used any more')
  })

  test('an address is confirmed by the digits, after a wrong guess', async () => {
    const { browser, digits } = await registered('digits@acme.example')
    const page = await browser.open('/t/acme/verify-email')
    expect(page.body).toContain('We sent a message to digits@acme.example')
    const email = 'digits@acme.example'
    const wrong = String((Number(digits) + 1) % 1e8).padStart(8, '0')
    const refused = await browser.send('/t/acme/verify-email', { email, code: wrong })
    expect(refused.body).toContain('id="code-fault"')
    const eastern = [...digits].map((digit) => '٠١٢٣٤٥٦٧٨٩'[Number(digit)]).join('')
    expect(await browser.send('/t/acme/verify-email', { email, code: eastern })).toMatchObject({
      status: 303,
    })
  })

  test('C175, C177: a reset link has our own origin whatever the request says, works once, and is logged nowhere', async () => {
    await registered('reset@acme.example')
    const lies = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
      'x-forwarded-proto': 'http',
    }
    const browser = visitor()
    const asked = await browser.fill('/t/acme/forgotten-password', { email: 'reset@acme.example' }, lies)
    expect(asked).toMatchObject({ status: 303, location: '/t/acme/forgotten-password/sent' })
    const mail = (await deliverMails(app.world)).find(({ to }) => to === 'reset@acme.example')
    expect(mail?.link).toMatch(/^https:\/\/id\.example\.test\/t\/acme\/reset-password\?token=/)
    const token = tokenIn(mail)
    const link = `/t/acme/reset-password?token=${token}`
    expect((await browser.fill(link, { token, password: 'short' })).status).toBe(422)
    const done = await browser.send('/t/acme/reset-password', {
      token,
      password: 'another quartz lantern voyage',
    })
    expect(done).toMatchObject({ status: 303, location: '/t/acme/sign-in' })
    expect((await browser.fill(link, { token, password })).body).toContain(
      'This link cannot be used any more',
    )
    expect(JSON.stringify(app.logged)).not.toContain(token.slice(-40))
    expect([...browser.set].join()).not.toContain(token.slice(-40))
  })

  test('a password is changed by who knows it, and signing out ends the session and shows nothing afterwards', async () => {
    const email = 'changer@acme.example'
    await registered(email)
    const browser = visitor()
    await browser.fill('/t/acme/sign-in', { email, password: fresh })
    const wrong = await browser.fill('/t/acme/account/password', {
      currentPassword: 'no',
      newPassword: fresh,
    })
    expect(wrong.body).toContain('id="currentPassword-fault"')
    const done = await browser.send('/t/acme/account/password', {
      currentPassword: fresh,
      newPassword: 'yet another lantern voyage',
    })
    expect(done).toMatchObject({ status: 303, location: '/t/acme/account' })
    expect((await browser.open('/t/acme/account')).body).toContain('Your password has been changed')
    expect(await browser.send('/t/acme/account/sign-out')).toMatchObject({ location: '/t/acme/signed-out' })
    expect(await browser.open('/t/acme/account')).toMatchObject({ status: 303, location: '/t/acme/sign-in' })
  })

  test('a person sees where they are signed in, ends one session, the others, and all', async () => {
    const email = 'everywhere@acme.example'
    await registered(email)
    const browsers = [visitor(), visitor(), visitor(), visitor()] as const
    const [here, first, second, third] = browsers
    const agent = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0' }
    for (const each of browsers) await each.fill('/t/acme/sign-in', { email, password: fresh }, agent)
    const idsOn = ({ body }: Page) =>
      [
        ...body.matchAll(
          /sessions\/end" novalidate>\s*<input[^>]*>\s*<input type="hidden" name="session" value="(ses_\w+)"/g,
        ),
      ].map(([, id]) => id ?? '')
    const standing = async (browser: PageVisitor) => (await browser.open('/t/acme/account')).status === 200

    const shown = await here.open('/t/acme/account')
    expect(shown.body.match(/<bdi>Firefox on Linux<\/bdi>/g)).toHaveLength(4)
    expect(idsOn(shown)).toHaveLength(3)
    const session = idsOn(await first.open('/t/acme/account'))[0] ?? ''
    const stranger = await signedIn()
    await stranger.open('/t/acme/account')
    await stranger.send('/t/acme/account/sessions/end', { session })
    expect(idsOn(await here.open('/t/acme/account'))).toHaveLength(3)

    const ended = await here.send('/t/acme/account/sessions/end', { session: idsOn(shown)[0] ?? '' })
    expect(ended).toMatchObject({ status: 303, location: '/t/acme/account' })
    expect((await here.open('/t/acme/account')).body).toContain('That session has ended.')
    expect(await Promise.all([first, second, third].map(standing))).toEqual(expect.arrayContaining([false]))
    await here.send('/t/acme/account/sessions/end-others')
    expect(await Promise.all(browsers.map(standing))).toEqual([true, false, false, false])
    await first.fill('/t/acme/sign-in', { email, password: fresh })
    expect(await here.send('/t/acme/account/sign-out-everywhere')).toMatchObject({
      location: '/t/acme/signed-out',
    })
    expect(await Promise.all(browsers.map(standing))).toEqual([false, false, false, false])
  })

  test('a person names the sessions that are theirs, in any script, and takes a name away', async () => {
    const email = 'namer@acme.example'
    await registered(email)
    const [here, there] = [visitor(), visitor()] as const
    for (const each of [here, there]) await each.fill('/t/acme/sign-in', { email, password: fresh })
    const shown = async () => (await here.open('/t/acme/account')).body
    const own = /name="session" value="(ses_\w+)"/.exec((await shown()).split('This device')[1] ?? '')?.[1]
    const session = own ?? ''
    const name = async (value: string, which = session) =>
      here.send('/t/acme/account/sessions/name', { session: which, name: value })

    expect(await name('  حاسوب <العمل>  ')).toMatchObject({ status: 303, location: '/t/acme/account' })
    expect(await shown()).toContain('The name is saved.')
    expect(await shown()).toContain('<bdi>حاسوب &lt;العمل&gt;</bdi> <span class="tag good">This device')
    expect(await shown()).toContain('value="حاسوب &lt;العمل&gt;"')
    for (const wrong of ['x'.repeat(129), 'a\0b']) {
      const refused = await name(wrong)
      expect(refused.status).toBe(422)
      expect(refused.body).toContain('Use at most 128 characters for a name.')
    }
    expect(await name('')).toMatchObject({ status: 303 })
    expect(await shown()).not.toContain('حاسوب')

    const stranger = await signedIn()
    await stranger.open('/t/acme/account')
    await stranger.send('/t/acme/account/sessions/name', { session, name: 'mine now' })
    expect(await shown()).not.toContain('mine now')
    for (const which of ['', 'ses_01BX5ZZKBKACTAV9WEVGEMMVRZ', '\0', `usr_${'0'.repeat(26)}`]) {
      expect(await name('lost', which)).toMatchObject({ status: 303, location: '/t/acme/account' })
    }
    expect(await here.send('/t/acme/account/sessions/end', { session: '\0' })).toMatchObject({ status: 303 })
    expect(await shown()).not.toContain('lost')
  })

  test('the stylesheet is named by its content and kept; the tenant’s own address leads on', async () => {
    const { body } = await visitor().open('/t/acme/sign-in')
    const [, path = ''] = /href="(\/t\/-\/pages\.[\w-]{16}\.css)"/.exec(body) ?? []
    expect((await visitor().open(path)).headers).toMatchObject({
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    })
    expect(await visitor().open('/t/acme')).toMatchObject({ status: 303, location: '/t/acme/sign-in' })
    const known = await signedIn()
    expect(await known.open('/t/acme/')).toMatchObject({ location: '/t/acme/account' })
    expect(await known.open('/')).toMatchObject({ status: 303, location: '/t/acme' })
  })

  test('programs that ask for no page get a problem document', async () => {
    const answer = await visitor().open('/t/nobody/sign-in', { accept: 'application/json' })
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'tenant_unknown', status: 404 })
  })
})
