import { startStack, type Stack } from '@iam/local-stack/stack'
import { SoftDevice } from '@iam/testkit/device'
import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { logIn, post } from '../support/client.ts'
import { withCheapHashes } from '../support/cheap-hashes.ts'
import { pageExamples, urlOf, type PageExample } from '../support/page-examples.ts'
import { Walker } from '../support/walker.ts'

const first = 'quartz lantern voyage pepper'
const second = 'another lantern voyage altogether'
const third = 'a third voyage with no lantern'

const missing: PageExample[] = [{ path: '/nothing-here' }, { path: '//t/nobody/sign-in' }]

// Each walks in a browser context of its own, several at a time: what costs is waiting for mails, hashes and pages.
describe.concurrent('the hosted pages in a browser', { timeout: 600_000 }, () => {
  let stack: Stack
  let chromium: TestBrowser
  beforeAll(async () => {
    ;[stack, chromium] = await Promise.all([startStack({ adjust: withCheapHashes }), openBrowser()])
    await registerDevice()
  })
  afterAll(async () => {
    await chromium.close()
    await stack.stop()
  })

  /** So that the account of the person below has something to show of devices. */
  async function registerDevice(): Promise<void> {
    const { issuer, tenant } = stack.state
    const { accessToken, session, user } = await logIn(stack.state)
    const here = { tenantId: tenant.id, userId: user.id, sessionId: session.id }
    const body = { ...new SoftDevice().registration(here), name: `telephone${'x'.repeat(100)}` }
    const registered = await post(issuer, '/me/devices', body, { authorization: `Bearer ${accessToken}` })
    expect(registered.status).toBe(201)
  }

  const walker = (options?: BrowserContextOptions) => Walker.open(stack, chromium, options)

  test.for([
    ['en', true],
    ['en', false],
    ['fr', true],
    ['fr', false],
    ['ar', true],
    ['ar', false],
  ] as const)(
    'C177: walks from registering to signing out everywhere in %s, with scripts: %s',
    async ([locale, scripts]) => {
      const here = await walker({ locale, javaScriptEnabled: scripts })
      const { page } = here
      const email = `walker-${locale}-${scripts}@example.com`
      // axe is a script.
      const check = async () => (scripts ? here.expectAccessible() : undefined)

      await here.open('/register')
      await here.expectShown('/register', locale)
      await here.type(email, 'short')
      expect(await page.getAttribute('#password', 'aria-invalid')).toBe('true')
      expect(await page.inputValue('#email')).toBe(email)
      await check()
      await here.type(first)
      await here.expectShown('/verify-email', locale)
      await check()

      await page.goto(await here.linkTo(email, 'verify-email'))
      await here.press('/verify-email')
      await here.expectShown('/sign-in', locale)
      expect(await page.getByRole('status').count()).toBe(1)
      await check()
      await here.type(email, 'not this one at all')
      expect(await page.getByRole('alert').count()).toBe(1)
      await check()
      await here.type(first)
      await here.expectShown('/account', locale)
      await check()

      await here.open('/account/password')
      await here.expectShown('/account/password', locale)
      await here.type(first, second)
      await here.expectShown('/account', locale)

      const elsewhere = await walker({ locale, javaScriptEnabled: scripts })
      await elsewhere.open('/forgotten-password')
      await elsewhere.type(email)
      await elsewhere.expectShown('/forgotten-password/sent', locale)
      await elsewhere.page.goto(await elsewhere.linkTo(email, 'reset-password'))
      await elsewhere.type(third)
      await elsewhere.expectShown('/sign-in', locale)
      await page.reload()
      await here.expectShown('/sign-in', locale)

      await here.type(email, third)
      await elsewhere.type(email, third)
      await elsewhere.expectShown('/account', locale)
      await here.press('/account/sign-out-everywhere')
      await here.expectShown('/signed-out', locale)
      await elsewhere.page.reload()
      await elsewhere.expectShown('/sign-in', locale)
      await page.goBack()
      expect(await page.content()).not.toContain(email)

      expect([...here.misdeeds, ...elsewhere.misdeeds]).toEqual([])
      await Promise.all([here.close(), elsewhere.close()])
    },
  )

  // Every route of a page has an example here, which test/http/pages.test.ts makes sure of.
  test.for([
    ['en', 'light', 390],
    ['ar', 'dark', 360],
  ] as const)(
    'every page there is can be read by everybody, in %s, %s, %d pixels wide',
    async ([locale, colorScheme, width]) => {
      const options = { locale, colorScheme, viewport: { width, height: 780 } }
      const [stranger, member] = await Promise.all([walker(options), walker(options)])
      // The person's own language is another.
      await member.open(`/sign-in?lang=${locale}`)
      await member.signIn(stack.state.user)
      const { issuer, tenant } = stack.state
      const seen = new Set<string>()
      for (const example of [...Object.values(pageExamples).flat(), ...missing]) {
        const visitor = example.own === true ? member : stranger
        const { page } = visitor
        await page.goto(`${issuer}${urlOf(example, tenant.slug)}`)
        // Some only lead to another.
        if (seen.has(page.url())) continue
        seen.add(page.url())
        await visitor.expectAccessible()
        await visitor.expectNoScrolling()
      }
      expect([...stranger.misdeeds, ...member.misdeeds]).toEqual([])
      await Promise.all([stranger.close(), member.close()])
    },
  )

  test('every page fits the narrowest screens and the widest', async () => {
    const [stranger, member] = await Promise.all([walker({ locale: 'fr' }), walker({ locale: 'fr' })])
    await member.open('/sign-in?lang=fr')
    await member.signIn(stack.state.user)
    for (const example of [...Object.values(pageExamples).flat(), ...missing]) {
      const visitor = example.own === true ? member : stranger
      await visitor.page.goto(`${stack.state.issuer}${urlOf(example, stack.state.tenant.slug)}`)
      for (const width of [320, 1280]) {
        await visitor.page.setViewportSize({ width, height: 780 })
        await visitor.expectNoScrolling()
      }
    }
    expect([...stranger.misdeeds, ...member.misdeeds]).toEqual([])
    await Promise.all([stranger.close(), member.close()])
  })

  /** Somebody new who has signed in, with what they sign in with. */
  async function newcomer(
    name: string,
    options?: BrowserContextOptions,
  ): Promise<{ here: Walker; person: { email: string; password: string } }> {
    const person = { email: `${name}@example.com`, password: first }
    const here = await walker(options)
    await here.open('/register')
    await here.type(person.email, person.password)
    // The address is filled in.
    await here.open('/sign-in')
    await here.type(person.password)
    here.expectAt('/account')
    return { here, person }
  }

  test('nobody is stuck who signs in in two tabs', async () => {
    const { here, person } = await newcomer('two-tabs')
    await here.press('/account/sign-out')
    const there = await here.openTab()
    for (const tab of [here, there]) await tab.open('/sign-in')
    await here.type(person.email, person.password)
    await there.type(person.email, person.password)
    there.expectAt('/account')

    const { email, password } = stack.state.user
    await here.press('/account/sign-out')
    for (const tab of [here, there]) await tab.open('/sign-in')
    await here.type(person.email, person.password)
    await there.type(email, password)
    expect(await there.page.getByRole('alert').textContent()).toContain('too old')
    expect(await there.page.inputValue('#email')).toBe(email)
    await there.type(password)
    there.expectAt('/account')
    await here.page.reload()
    expect(await here.page.textContent('main')).toContain(email)
    await here.close()
  })

  test('C164: whose session ended in another tab signs in and is where they were, and going back shows nothing', async () => {
    const { here, person } = await newcomer('other-tab')
    const there = await here.openTab()
    await there.open('/account/password')
    await here.press('/account/sign-out')
    await here.page.goBack()
    here.expectAt('/sign-in')
    expect(await here.page.textContent('main')).not.toContain(person.email)

    await there.type(first, second)
    there.expectAt('/sign-in?next=password')
    expect(await there.page.getByRole('status').textContent()).toBe('Please sign in to go on.')
    await there.type(person.email, person.password)
    there.expectAt('/account/password')
    await there.type(first, second)
    there.expectAt('/account')
    await here.close()
  })

  test('a form that lost its cookie says why, keeps what was typed, and can be sent again', async () => {
    // The script that passkeys need asks the server in between, which sets the cookie again.
    const { here, person } = await newcomer('no-cookie', { javaScriptEnabled: false })
    await here.press('/account/sign-out')
    await here.open('/sign-in')
    for (const values of [[person.email, 'anything'], ['anything'], [first]]) {
      const lost = values[0] !== first
      if (lost) await here.context.clearCookies()
      await here.type(...values)
      if (!lost) break
      expect(await here.page.getByRole('alert').textContent()).toContain('cookies are blocked')
      expect(await here.page.inputValue('#email')).toBe(person.email)
    }
    here.expectAt('/account')
    await here.close()
  })

  test('a link that was opened twice, or belongs elsewhere, says so and leads on', async () => {
    const here = await walker()
    const email = 'twice@example.com'
    await here.open('/register')
    await here.type(email, first)
    const link = await here.linkTo(email, 'verify-email')
    const there = await here.openTab()
    for (const tab of [here, there]) await tab.page.goto(link)
    await here.press('/verify-email')
    here.expectAt('/sign-in')
    await there.press('/verify-email')
    expect(await there.page.textContent('h1')).toBe('This link cannot be used any more')
    await there.expectAccessible()
    await there.page.click('main a.button')
    there.expectAt('/verify-email')
    expect(await there.page.locator('main form').count()).toBeGreaterThan(0)

    await here.open('/forgotten-password')
    await here.type(email)
    const reset = await here.linkTo(email, 'reset-password')
    await there.page.goto(reset.replace(`/t/${stack.state.tenant.slug}/`, '/t/system/'))
    await there.type(second)
    expect(await there.page.textContent('h1')).toBe('This link cannot be used any more')
    await there.page.click('main a.button')
    expect(await there.page.textContent('h1')).toBe('Forgotten your password?')
    await here.page.goto(reset)
    await here.type(second)
    here.expectAt('/sign-in')
    await here.close()
  })

  test('an address that leads nowhere leads to where the organisation’s name is typed', async () => {
    const here = await walker()
    const { issuer, tenant } = stack.state
    await here.page.goto(`${issuer}/t/nobody/sign-in`)
    await here.page.click('main a.button')
    await here.type('no such organisation')
    expect(await here.page.getByRole('alert').textContent()).toContain(
      'We know no organisation of this name.',
    )
    await here.page.fill('input', ` ${tenant.slug.toUpperCase()} `)
    await Promise.all([here.page.waitForNavigation(), here.page.keyboard.press('Enter')])
    here.expectAt('/sign-in')
    await here.open('/nothing-here')
    await here.page.click('main a.button')
    here.expectAt('/sign-in')
    await here.close()
  })
})
