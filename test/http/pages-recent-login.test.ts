import { recentlySignedIn } from '@iam/iam-api/signed-in'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'
import { PageVisitor, type Page } from '../support/page-visitor.ts'

const password = 'correct horse battery staple'
const ada = { email: 'ada@acme.example', password }
const sensitive = '/t/acme/account/factors/probe'

describe('a page that wants a recent login', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await openApp()
    app.app.get(
      sensitive.replace('acme', ':slug'),
      recentlySignedIn(app.deps, async ({ reply, session }) => reply.send({ email: session.email })),
    )
  })
  afterAll(() => app.close())

  const visitor = () => new PageVisitor(app.app)

  async function signedInLongAgo(): Promise<PageVisitor> {
    const browser = visitor()
    await browser.fill('/t/acme/sign-in', ada)
    expect((await browser.open(sensitive)).status).toBe(200)
    await app.world.testClock.advance(302)
    return browser
  }

  const nextIn = ({ body }: Page) => /name="next" value="([^"]*)"/.exec(body)?.[1]

  test('leads to the sign-in, which says why, knows the address, and leads back', async () => {
    const browser = await signedInLongAgo()
    const sent = await browser.open(sensitive)
    expect(sent).toMatchObject({ status: 303, location: '/t/acme/sign-in?next=factors' })
    const page = await browser.open(sent.location ?? '')
    expect(page.body).toContain('<h1>Sign in again</h1>')
    expect(page.body).toContain('value="ada@acme.example"')
    expect(page.body).toMatch(/name="password"[^>]* autofocus/)
    expect(page.body).toContain('href="/t/acme/sign-in?next=factors&amp;lang=fr"')
    expect(nextIn(page)).toBe('factors')

    const wrong = await browser.send('/t/acme/sign-in', { ...ada, next: 'factors', password: 'wrong' })
    expect(wrong.status).toBe(422)
    expect(wrong.body).toContain('<h1>Sign in again</h1>')
    expect(nextIn(wrong)).toBe('factors')
    const back = await browser.send('/t/acme/sign-in', { ...ada, next: 'factors' })
    expect(back).toMatchObject({ status: 303, location: '/t/acme/account/factors' })
    expect((await browser.open(sensitive)).status).toBe(200)
    expect(await browser.open('/t/acme/sign-in?next=factors')).toMatchObject({
      location: '/t/acme/account/factors',
    })
  })

  test('C153: the session of before is gone after signing in again', async () => {
    const browser = await signedInLongAgo()
    const before = new Map(browser.cookies)
    await browser.open('/t/acme/sign-in?next=factors')
    await browser.send('/t/acme/sign-in', { ...ada, next: 'factors' })
    const thief = visitor()
    for (const [name, value] of before) thief.cookies.set(name, value)
    expect(await thief.open('/t/acme/account')).toMatchObject({ location: '/t/acme/sign-in' })
  })

  test('asks nobody twice where the form asks for the password itself', async () => {
    const browser = await signedInLongAgo()
    for (const name of ['password', 'email']) {
      expect((await browser.open(`/t/acme/account/${name}`)).status).toBe(200)
      expect(await browser.open(`/t/acme/sign-in?next=${name}`)).toMatchObject({
        location: `/t/acme/account/${name}`,
      })
    }
  })

  test('somebody who is not signed in comes to the page they wanted, from a form too', async () => {
    for (const name of ['password', 'email']) {
      const browser = visitor()
      for (const how of ['open', 'send'] as const) {
        const asked = await browser[how](`/t/acme/account/${name}`)
        expect(asked).toMatchObject({ status: 303, location: `/t/acme/sign-in?next=${name}` })
        const page = await browser.open(asked.location ?? '')
        expect(page.body).toContain('Please sign in to go on.')
        expect(nextIn(page)).toBe(name)
      }
      expect(await browser.send('/t/acme/sign-in', { ...ada, next: name })).toMatchObject({
        location: `/t/acme/account/${name}`,
      })
    }
    expect(await visitor().open('/t/acme/account')).toMatchObject({ location: '/t/acme/sign-in' })
  })

  test('the sign-in leads to the account for every other word, and never elsewhere', async () => {
    for (const next of [
      'https://evil.example',
      '//evil.example',
      '/\\evil.example',
      'account/password',
      'constructor',
      '__proto__',
      'password ',
      '',
    ]) {
      const browser = visitor()
      const page = await browser.open(`/t/acme/sign-in?next=${encodeURIComponent(next)}`)
      expect(nextIn(page), next).toBeUndefined()
      expect(page.body).not.toContain('evil.example')
      expect(await browser.send('/t/acme/sign-in', { ...ada, next }), next).toMatchObject({
        location: '/t/acme/account',
      })
    }
    const twice = await visitor().open('/t/acme/sign-in?next=password&next=email')
    expect(nextIn(twice)).toBeUndefined()
  })
})
