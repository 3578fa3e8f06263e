import { deliverMails, tokenIn } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openOffice, type Office } from '../support/administration.ts'
import { Holders, textOf, type Holder } from '../support/holder.ts'
import { PageVisitor } from '../support/page-visitor.ts'

describe('C193: trust in browsers', () => {
  let office: Office
  let holders: Holders
  beforeAll(async () => {
    office = await openOffice()
    holders = new Holders(office.open)
  })
  afterAll(() => office.open.close())

  const later = (seconds: number) => office.world.testClock.advance(seconds)
  const signIn = (browser: PageVisitor, { email }: Holder, password: string = office.world.demo.password) =>
    browser.fill('/t/acme/sign-in', { email, password })
  /** A browser that trusts its person, and is signed in. */
  async function trusting(holder: Holder): Promise<PageVisitor> {
    const browser = new PageVisitor(office.open.app)
    await signIn(browser, holder)
    const done = await browser.fill('/t/acme/second-factor', { code: holder.app.code(), trust: 'yes' })
    expect(done.location).toBe('/t/acme/account')
    await later(60)
    return browser
  }
  /** Another browser with the same trust, signed in nowhere. */
  function copyOf(browser: PageVisitor): PageVisitor {
    const copy = new PageVisitor(office.open.app)
    for (const [name, value] of browser.cookies) if (name.includes('_trusted_')) copy.cookies.set(name, value)
    return copy
  }
  async function accessTokenOf(holder: Holder): Promise<string> {
    return textOf((await holders.logInFully(holder)).body['accessToken'])
  }
  const reset = async ({ email }: Holder) => {
    const headers = { 'x-tenant-id': 'acme' }
    await deliverMails(office.world)
    await holders.ask('POST', '/auth/password/reset/request', { body: { email }, headers })
    const token = tokenIn((await deliverMails(office.world)).find(({ to }) => to === email))
    const password = 'quilted harbour lantern moss'
    const body = { token, password }
    expect((await holders.ask('POST', '/auth/password/reset/confirm', { body, headers })).status).toBe(204)
    return password
  }
  /** A refresh token of theirs is used, and used again somewhere else. */
  async function beStolenFrom(holder: Holder): Promise<void> {
    const { refreshToken } = (await holders.logInFully(holder)).body
    const refresh = (agent: string) =>
      holders.ask('POST', '/auth/refresh', { body: { refreshToken }, headers: { 'user-agent': agent } })
    expect((await refresh('owner/1.0')).status).toBe(200)
    await later(11)
    expect((await refresh('thief/1.0')).body.code).toBe('refresh_reused')
  }
  const administer = async (...call: Parameters<Office['ask']>[1]) => {
    await office.logInAgain('admin')
    expect((await office.ask('admin', call)).status).toBeLessThan(300)
  }

  type End = (holder: Holder, browser: PageVisitor) => Promise<string | undefined | void>
  const ends: Record<string, End> = {
    'signing out everywhere over REST': async (holder) => {
      const token = await accessTokenOf(holder)
      expect((await holders.ask('POST', '/auth/logout-all', { token })).status).toBe(204)
    },
    'signing out everywhere on the pages': async (_holder, browser) => {
      await browser.open('/t/acme/account')
      const done = await browser.send('/t/acme/account/sign-out-everywhere')
      expect(done.location).toBe('/t/acme/signed-out')
    },
    'signing all others out': async (_holder, browser) => {
      await browser.open('/t/acme/account')
      expect((await browser.send('/t/acme/account/sessions/end-others')).location).toBe('/t/acme/account')
    },
    'a reset of the password': reset,
    'a refresh token that comes back from elsewhere': (holder) => beStolenFrom(holder),
    'an administrator who ends all sessions': ({ userId }) =>
      administer('DELETE', office.users(`/${userId}/sessions`)),
    'an administrator who suspends': async ({ userId }) => {
      await administer('POST', office.users(`/${userId}/suspend`))
      await administer('POST', office.users(`/${userId}/reactivate`))
    },
  }

  test.each(Object.entries(ends))('ends with %s', async (_what, end) => {
    const holder = await holders.newHolder()
    const browser = await trusting(holder)
    expect((await signIn(copyOf(browser), holder)).location).toBe('/t/acme/account')
    const password = (await end(holder, browser)) ?? undefined
    expect((await signIn(copyOf(browser), holder, password)).location).toBe('/t/acme/second-factor')
  })

  const everywhere = async (holder: Holder) =>
    holders.ask('POST', '/auth/logout-all', { token: await accessTokenOf(holder) })

  test.each([
    ['signing out everywhere', everywhere],
    ['a theft', beStolenFrom],
  ])('ends once with %s: what is trusted anew is trusted', async (_what, end) => {
    const holder = await holders.newHolder()
    const before = await trusting(holder)
    await end(holder)
    const after = await trusting(holder)
    expect((await signIn(copyOf(after), holder)).location).toBe('/t/acme/account')
    expect((await signIn(copyOf(before), holder)).location).toBe('/t/acme/second-factor')
  })

  test('outlives the end of one session, and of other people’s', async () => {
    const [holder, other] = [await holders.newHolder(), await holders.newHolder()]
    const browser = await trusting(holder)
    const token = await accessTokenOf(holder)
    const { body } = await holders.ask('GET', '/me/sessions', { token })
    const { items } = body as { items: { id: string; current: boolean }[] }
    const id = items.find(({ current }) => !current)?.id ?? ''
    expect((await holders.ask('DELETE', `/me/sessions/${id}`, { token })).status).toBe(204)
    await holders.ask('POST', '/auth/logout-all', { token: await accessTokenOf(other) })
    expect((await signIn(copyOf(browser), holder)).location).toBe('/t/acme/account')
  })
})
