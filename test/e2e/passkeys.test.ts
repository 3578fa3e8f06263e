import { startStack, type Stack } from '@iam/local-stack/stack'
import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withCheapHashes } from '../support/cheap-hashes.ts'
import { post } from '../support/client.ts'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { VirtualAuthenticator } from '../support/virtual-authenticator.ts'
import { Walker } from '../support/walker.ts'

const password = 'quartz lantern voyage pepper'
const asking = 'form[data-passkey] button'

describe('passkeys in a browser', { timeout: 240_000 }, () => {
  let stack: Stack
  let chromium: TestBrowser
  beforeAll(async () => {
    ;[stack, chromium] = await Promise.all([startStack({ adjust: withCheapHashes }), openBrowser()])
  })
  afterAll(async () => {
    await chromium.close()
    await stack.stop()
  })

  const walker = (options?: BrowserContextOptions) => Walker.open(stack, chromium, options)

  /** Somebody new who has signed in, in a browser with an authenticator. */
  async function newcomer(name: string) {
    const email = `${name}@example.com`
    const here = await walker()
    const authenticator = await VirtualAuthenticator.plugInto(here.page)
    await here.open('/register')
    await here.type(email, password)
    await here.open('/sign-in')
    await here.type(password)
    here.expectAt('/account')
    return { here, authenticator, email }
  }

  async function addPasskey(here: Walker): Promise<void> {
    await here.open('/account/factors/passkey')
    await here.press('/account/factors/passkey')
  }

  async function signOut(here: Walker): Promise<void> {
    await here.open('/account')
    await here.press('/account/sign-out')
  }

  /** As the operator does. */
  async function setPolicy(change: object): Promise<void> {
    const { issuer, operator, tenant } = stack.state
    const { body } = await post(issuer, '/auth/login', operator, { 'x-tenant-id': 'system' })
    const changed = await fetch(`${issuer}/api/v1/tenants/${tenant.id}/policy`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${String(body['accessToken'])}`, 'content-type': 'application/json' },
      body: JSON.stringify(change),
    })
    expect(changed.status).toBe(200)
  }

  const alertIn = async (here: Walker) => {
    const alert = here.page.locator('form[data-passkey] [role=alert]')
    await alert.waitFor()
    return alert.textContent()
  }

  test('are added, offered beside the address, asked for by the button, and refused when copied', async () => {
    const { here, authenticator, email } = await newcomer('passkey-holder')
    await addPasskey(here)
    expect(await here.page.locator('h1').textContent()).toBe('Keep these recovery codes')
    expect(await here.page.locator('.codes code').count()).toBe(10)
    await here.expectAccessible()
    const [made] = await authenticator.credentials()
    expect(made).toMatchObject({ isResidentCredential: true, rpId: 'localhost' })

    // Conditional: nobody presses anything, because the authenticator answers at once.
    await signOut(here)
    await here.open('/sign-in')
    await here.page.waitForURL(here.at('/account'))
    expect(await here.page.textContent('main')).toContain(email)

    // By the button, in a browser that is not offered any by itself.
    await authenticator.answers(false)
    await signOut(here)
    await here.open('/sign-in')
    await here.expectAccessible()
    await authenticator.answers(true)
    await here.press('/sign-in/passkey')
    here.expectAt('/account')

    // The copy is used after the original was.
    await authenticator.answers(false)
    await signOut(here)
    if (made !== undefined) await authenticator.holdOnly(made)
    await authenticator.answers(true)
    await here.open('/sign-in')
    await here.page.waitForURL(here.at('/sign-in/passkey'))
    expect(await here.page.getByRole('alert').first().textContent()).toContain('This passkey cannot be used')
    expect(here.misdeeds).toEqual([])
    await here.close()
  })

  test('that are cancelled leave every other way, and the same one', async () => {
    const { here, authenticator, email } = await newcomer('undecided')
    await here.open('/account/factors/passkey')
    await authenticator.verifies(false)
    await here.page.click(asking)
    expect(await alertIn(here)).toContain('Try again, or use another way')
    await authenticator.verifies(true)
    await here.press('/account/factors/passkey')
    expect(await here.page.locator('h1').textContent()).toBe('Keep these recovery codes')

    await signOut(here)
    await here.open('/sign-in')
    await here.page.waitForURL(here.at('/account'))
    await here.open('/account/factors/passkey')
    await here.page.click(asking)
    expect(await alertIn(here)).toContain('has a passkey of yours already')

    await authenticator.verifies(false)
    await signOut(here)
    await here.open('/sign-in')
    await here.page.click(asking)
    expect(await alertIn(here)).toContain('Try again, or use another way')
    expect(await here.page.locator('#password').isEnabled()).toBe(true)
    await here.page.fill('#email', email)
    await authenticator.verifies(true)
    await here.press('/sign-in/passkey')
    here.expectAt('/account')
    await here.close()
  })

  test('are offered for minutes on end, and not over and over, in a browser whose clock is wrong', async () => {
    const here = await walker()
    await VirtualAuthenticator.plugInto(here.page).then((authenticator) => authenticator.answers(false))
    await here.context.addInitScript(`
      const [now, later] = [Date.now, window.setTimeout]
      Date.now = () => now() + 3_600_000
      window.patience = []
      window.setTimeout = (work, delay) => (window.patience.push(delay), later(work, delay))
    `)
    await here.open('/sign-in')
    // Looked at from outside: the page's own policy lets nothing be evaluated in it again and again.
    await expect.poll(() => here.page.evaluate('patience'), { timeout: 15_000 }).toEqual([285_000])
    expect(await here.page.evaluate('Date.now()')).toBeGreaterThan(Date.now() + 3_000_000)
    await here.close()
  })

  test('are not asked for without scripts, where everything else goes on', async () => {
    const here = await walker({ javaScriptEnabled: false })
    await here.open('/sign-in')
    expect(await here.page.locator('form[data-passkey]').isVisible()).toBe(false)
    await here.type(stack.state.user.email, stack.state.user.password)
    here.expectAt('/account')
    await here.open('/account/factors/passkey')
    expect(await here.page.locator('noscript').count()).toBe(1)
    expect(await here.page.locator('form[data-passkey]').isVisible()).toBe(false)
    await here.close()
  })

  test('answer the second step of a sign-in by a password, and are named and removed', async () => {
    const { here, authenticator, email } = await newcomer('two-steps')
    await addPasskey(here)
    await authenticator.answers(false)
    await signOut(here)
    await here.open('/sign-in')
    await here.type(email, password)
    here.expectAt('/second-factor')
    await here.expectAccessible()
    await authenticator.answers(true)
    await authenticator.verifies(false)
    await here.page.click(asking)
    expect(await alertIn(here)).toContain('Try again, or use another way')
    await authenticator.verifies(true)
    await here.press('/second-factor/passkey')
    here.expectAt('/account')

    await here.open('/account/factors')
    await here.page.click('summary')
    await here.page.fill('input[name=name]', 'My laptop')
    await here.press('/account/factors/name')
    expect(await here.page.textContent('main')).toContain('My laptop')
    await here.press('/account/factors/remove')
    expect(await here.page.textContent('main')).toContain('You have none yet')
    expect(here.misdeeds).toEqual([])
    await here.close()
  })

  test('C191: a sign-in that must add a factor adds a passkey, and a cancelled one leaves every way', async () => {
    const email = 'beginner@example.com'
    const here = await walker()
    const authenticator = await VirtualAuthenticator.plugInto(here.page)
    await here.open('/register')
    await here.type(email, password)
    await setPolicy({ mfa: 'required', riskChallengeAt: 100 })
    try {
      await here.open('/sign-in?next=password')
      await here.type(password)
      here.expectAt('/add-factor?next=password')
      await here.expectAccessible()
      await authenticator.verifies(false)
      await here.page.click(asking)
      expect(await alertIn(here)).toContain('Try again, or use another way')
      // The other way is there, and leads back.
      await here.press('/add-factor')
      expect(await here.page.locator('svg').count()).toBe(1)
      await here.open('/add-factor?next=password')
      await authenticator.verifies(true)
      await here.press('/add-factor/passkey')
      expect(await here.page.locator('h1').textContent()).toBe('Keep these recovery codes')
      expect(await here.page.locator('.codes code').count()).toBe(10)
      await here.page.click('a.button')
      await here.page.waitForURL(here.at('/account/password'))
      expect(await authenticator.credentials()).toHaveLength(1)

      await signOut(here)
      await here.open('/sign-in')
      await here.page.waitForURL(here.at('/account'))
      expect(here.misdeeds).toEqual([])
    } finally {
      await setPolicy({ mfa: null, riskChallengeAt: null })
    }
    await here.close()
  })

  test('C195: used on a page of another origin open nothing, and browsers use them for no other host', async () => {
    const { here, authenticator, email } = await newcomer('visitor')
    await addPasskey(here)
    await authenticator.answers(true)
    const { issuer, tenant } = stack.state
    const ofTenant = { 'x-tenant-id': tenant.slug }
    const elsewhere = 'http://localhost:9'
    await here.page.route(`${elsewhere}/**`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Elsewhere</title>' }),
    )
    const use = async (url: string, other: object = {}) => {
      const begun = await post(issuer, '/auth/passkey/options', undefined, ofTenant)
      const options = { ...(begun.body['options'] as object), ...other }
      await here.page.goto(url)
      const passkey = await here.page.evaluate<unknown>(`(async () => {
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(options)})
        return (await navigator.credentials.get({ publicKey })).toJSON()
      })()`)
      return post(issuer, '/auth/passkey/verify', { challenge: begun.body['challenge'], passkey }, ofTenant)
    }
    expect((await use(here.at('/signed-out'))).body['user']).toMatchObject({ email })
    expect((await use(`${elsewhere}/`)).body).toMatchObject({ code: 'passkey_invalid' })
    for (const rpId of ['example.com', '127.0.0.1', 'x.localhost'])
      await expect(use(here.at('/signed-out'), { rpId })).rejects.toThrow('SecurityError')
    await here.close()
  })

  test('there can be five: the page says so instead of asking for a sixth', async () => {
    const { here, authenticator } = await newcomer('collector')
    let current = authenticator
    for (let n = 0; n < 5; n += 1) {
      await addPasskey(here)
      if (n > 0) here.expectAt('/account/factors')
      if (n === 0) {
        // With a second factor there, the next one asks for a login by both.
        await signOut(here)
        await here.open('/sign-in')
        await here.page.waitForURL(here.at('/account'))
      }
      await current.unplug()
      current = await VirtualAuthenticator.plugInto(here.page)
    }
    await here.open('/account/factors/passkey')
    expect(await here.page.getByRole('alert').first().textContent()).toContain('five passkeys already')
    expect(await here.page.locator('form[data-passkey]').count()).toBe(0)
    await here.close()
  })
})
