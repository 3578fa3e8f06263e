import { endBrowserSession, logInBrowserWithPassword, requireRecentAuthentication } from '@iam/domain/session'
import { clearFormCookie, formToken, requireForm } from '@iam/iam-api/form-token'
import {
  browserSession,
  clearSessionCookie,
  sessionCookie,
  setSessionCookie,
} from '@iam/iam-api/session-cookie'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'

const own = { 'sec-fetch-site': 'same-origin', origin: 'null' }

type Asked = {
  readonly url: string
  readonly method?: 'POST'
  readonly payload?: object
  readonly headers?: Record<string, string>
}

/** The cookies a browser has, by name, as the answers set them. */
class Jar {
  readonly cookies = new Map<string, string>()
  readonly set: string[] = []

  take(headers: Record<string, unknown>): void {
    for (const text of [headers['set-cookie'] ?? []].flat() as string[]) {
      this.set.push(text)
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? []
      if (/; Max-Age=0;/.test(text)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
  }

  get header(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }
}

describe('a browser', () => {
  let open: TestApp
  beforeAll(async () => {
    open = await openApp()
    pagesOf(open)
  })
  afterAll(() => open.close())

  /** Pages as small as pages can be: they sign in, show who is signed in, and sign out. */
  function pagesOf({ app, world, deps }: TestApp): void {
    const { acme: tenantId, origin } = world
    const bodyOf = (request: { readonly body: unknown }) => request.body as Record<string, string>
    app.get('/test/page', async (request, reply) => {
      const session = await browserSession(deps, request, tenantId)
      return { email: session?.email, form: formToken(deps, request, reply, { tenantId, session }) }
    })
    app.post('/test/sign-in', async (request, reply) => {
      const { form: token, email = '', password = '' } = bodyOf(request)
      const session = await browserSession(deps, request, tenantId)
      requireForm(deps, request, { tenantId, session, token })
      const previous = sessionCookie(request, tenantId)
      const opened = await logInBrowserWithPassword(deps, { tenantId, email, password, previous, origin })
      setSessionCookie(reply, tenantId, opened)
      clearFormCookie(reply, tenantId)
      return {}
    })
    app.get('/test/sensitive', async (request, reply) => {
      const session = await browserSession(deps, request, tenantId)
      requireRecentAuthentication(deps, session ?? { authTime: 0 }, 300)
      return reply.send({})
    })
    app.post('/test/sign-out', async (request, reply) => {
      const session = await browserSession(deps, request, tenantId)
      requireForm(deps, request, { tenantId, session, token: bodyOf(request)['form'] })
      const token = sessionCookie(request, tenantId) ?? ''
      await endBrowserSession(deps, { tenantId, token, origin })
      clearSessionCookie(reply, tenantId)
      return {}
    })
  }

  const person = () => ({ email: 'ada@acme.example', password: open.world.demo.password })

  async function ask(jar: Jar, options: Asked) {
    const cookie = jar.header === '' ? {} : { cookie: jar.header }
    const response = await open.app.inject({ ...options, headers: { ...cookie, ...options.headers } })
    jar.take(response.headers)
    return response
  }

  const page = async (jar: Jar) =>
    (await ask(jar, { url: '/test/page' })).json<{ email?: string; form: string }>()
  const send = (jar: Jar, action: string, payload: object, headers: Record<string, string> = own) =>
    ask(jar, { method: 'POST', url: `/test/${action}`, payload, headers })

  async function signedIn(): Promise<Jar> {
    const jar = new Jar()
    const { form } = await page(jar)
    expect((await send(jar, 'sign-in', { ...person(), form })).statusCode).toBe(200)
    return jar
  }

  test('signs in, is known, and signs out', async () => {
    const jar = await signedIn()
    const { email, form } = await page(jar)
    expect(email).toBe('ada@acme.example')
    expect((await send(jar, 'sign-out', { form })).statusCode).toBe(200)
    expect((await page(jar)).email).toBeUndefined()
    expect((await send(jar, 'sign-out', { form })).json()).toMatchObject({ code: 'form_refused' })
  })

  test('is asked to log in again before what needs a recent login', async () => {
    const jar = await signedIn()
    expect((await ask(jar, { url: '/test/sensitive' })).statusCode).toBe(200)
    await open.world.testClock.advance(302)
    const refused = await ask(jar, { url: '/test/sensitive' })
    expect(refused.json()).toMatchObject({ code: 'reauthentication_required', status: 401 })
    expect(refused.headers['www-authenticate']).toBe(
      'Bearer error="insufficient_user_authentication", max_age="300"',
    )
    const { form } = await page(jar)
    await send(jar, 'sign-in', { ...person(), form })
    expect((await ask(jar, { url: '/test/sensitive' })).statusCode).toBe(200)
  })

  test('C155: every cookie is for this host alone, over TLS, and for no script', async () => {
    const jar = await signedIn()
    await send(jar, 'sign-out', { form: (await page(jar)).form })
    await ask(jar, {
      method: 'POST',
      url: '/api/v1/auth/login',
      payload: person(),
      headers: { 'x-tenant-id': 'acme', origin: 'https://id.example.test' },
    })
    expect(
      new Set(jar.set.map((text) => text.slice(0, text.indexOf('=')).replace(/[0-9A-Z]{26}$/, ''))),
    ).toEqual(new Set(['__Host-iam_form_', '__Host-iam_', '__Host-iam_device_', '__Host-iam_refresh_']))
    for (const text of jar.set) {
      const [, ...attributes] = text.split('; ')
      expect(attributes).toEqual([
        expect.stringMatching(/^Max-Age=\d+$/),
        'Path=/',
        'Secure',
        'HttpOnly',
        expect.stringMatching(/^SameSite=(Lax|Strict)$/),
      ])
    }
  })

  test('C155: a cookie that is there twice, or that another host could set, signs nobody in', async () => {
    const jar = await signedIn()
    const [[name, value] = ['', '']] = jar.cookies
    const seen = async (cookie: string) =>
      (await open.app.inject({ url: '/test/page', headers: { cookie } })).json<{ email?: string }>().email
    expect(await seen(`${name}=${value}`)).toBe('ada@acme.example')
    for (const cookie of [
      `${name}=${value}; ${name}=${value}`,
      `${name}=x; ${name}=${value}`,
      `${name}=${value}; ${name}=x`,
      `${name.replace('__Host-', '')}=${value}`,
      `${name.replace('__Host-', '__Secure-')}=${value}`,
      ` =${name}=${value}`,
    ])
      expect(await seen(cookie), cookie).toBeUndefined()
  })

  test('C157: a form counts only with its token, in the browser it was shown to, from a page of ours', async () => {
    const jar = await signedIn()
    const { form } = await page(jar)
    const other = await page(await signedIn())
    const stranger = await page(new Jar())
    const refused = async (payload: object, headers?: Record<string, string>) =>
      (await send(jar, 'sign-out', payload, headers)).json<{ code?: string; status?: number }>()
    for (const payload of [
      {},
      { form: '' },
      { form: other.form },
      { form: stranger.form },
      { form: `${form}A` },
    ])
      expect(await refused(payload)).toMatchObject({ code: 'form_refused', status: 403 })
    const origin = 'https://id.example.test'
    for (const headers of [
      {},
      { origin: 'null' },
      { origin: 'https://evil.example' },
      { origin: 'https://id.example.test.evil.example' },
      { origin: 'http://id.example.test' },
      { 'sec-fetch-site': 'cross-site', origin },
      { 'sec-fetch-site': 'same-site', origin },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
    ] as Record<string, string>[])
      expect(await refused({ form }, headers), JSON.stringify(headers)).toMatchObject({
        code: 'form_refused',
      })
    expect((await page(jar)).email).toBe('ada@acme.example')
    expect((await send(jar, 'sign-out', { form }, { origin })).statusCode).toBe(200)
  })

  test('C157: nobody is signed in to a stranger’s account by another site', async () => {
    const attacker = new Jar()
    const { form } = await page(attacker)
    const victim = new Jar()
    expect((await send(victim, 'sign-in', { ...person(), form })).statusCode).toBe(403)
    await page(victim)
    expect((await send(victim, 'sign-in', { ...person(), form })).statusCode).toBe(403)
    expect((await send(victim, 'sign-in', person())).statusCode).toBe(403)
  })

  test('a form that was open before stays good in another tab, for eight hours after the last page', async () => {
    const jar = new Jar()
    const { form } = await page(jar)
    await open.world.testClock.advance(25_000)
    await page(jar)
    await open.world.testClock.advance(25_000)
    expect((await send(jar, 'sign-in', { ...person(), form })).statusCode).toBe(200)
    const late = new Jar()
    const old = await page(late)
    await open.world.testClock.advance(28_801)
    expect((await send(late, 'sign-in', { ...person(), form: old.form })).json()).toMatchObject({
      code: 'form_refused',
    })
  })

  test('C162: a cookie of 100 kB, 200 cookies, and cookies of nobody are answered without a fault', async () => {
    const jar = await signedIn()
    const [[name] = ['']] = jar.cookies
    const inject = (cookie: string) => open.app.inject({ url: '/test/page', headers: { cookie } })
    const many = Array.from({ length: 200 }, (_, n) => `${name}=${n}`).join('; ')
    for (const cookie of ['x'.repeat(100_000), `${name}=${'0'.repeat(100_000)}`, many, ';;;', '=', name]) {
      const response = await inject(cookie)
      expect(response.statusCode).toBe(200)
      expect(response.json()).not.toHaveProperty('email')
    }
    expect(open.logged.filter(({ severity }) => severity === 'ERROR')).toEqual([])
  })
})
