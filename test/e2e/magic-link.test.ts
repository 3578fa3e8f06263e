import { startStack, type Stack } from '@iam/local-stack/stack'
import axe, { type AxeResults } from 'axe-core'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser, type TestBrowser } from '../support/browser.ts'
import { withCheapHashes } from '../support/cheap-hashes.ts'
import { post } from '../support/client.ts'
import { linkMailTo } from '../support/mailbox.ts'

const patience = 90_000

describe('signing in by a mailed link, in browsers', { timeout: 240_000 }, () => {
  let stack: Stack
  let chromium: TestBrowser
  let people = 0
  beforeAll(async () => {
    ;[stack, chromium] = await Promise.all([startStack({ adjust: withCheapHashes }), openBrowser()])
  })
  afterAll(async () => {
    await chromium.close()
    await stack.stop()
  })

  const at = (page: string) => `${stack.state.issuer}/t/${stack.state.tenant.slug}${page}`

  /** Somebody with an account of their own, so that no test uses up the mails of another. */
  async function somebody(): Promise<string> {
    people += 1
    const email = `reader-${people}@example.com`
    const { issuer, tenant } = stack.state
    const registered = await post(
      issuer,
      '/auth/register',
      { email, password: 'quartz lantern voyage pepper' },
      { 'x-tenant-id': tenant.slug },
    )
    expect(registered.status).toBe(202)
    return email
  }

  async function browser(
    options: { javaScriptEnabled?: boolean; locale?: string } = {},
  ): Promise<BrowserContext> {
    const viewport = { width: 390, height: 780 }
    const context = await chromium.browser.newContext({ locale: 'en', viewport, ...options })
    context.setDefaultTimeout(patience)
    return context
  }

  const mailTo = (address: string) => linkMailTo(stack.state, address)

  /** Asks from the sign-in page, in the way of somebody who has no password at hand. */
  async function ask(page: Page, email: string): Promise<string> {
    await page.goto(at('/sign-in'))
    await page.fill('#email', email)
    await page.click('button[formaction$="/mail-link"]')
    await page.waitForURL(at('/magic-link/waiting'))
    return (await page.textContent('.shown')) ?? ''
  }

  async function expectAccessible(page: Page): Promise<void> {
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate<AxeResults>('axe.run()')
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    expect(grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`)).toEqual([])
  }

  /** A scanner with a browser of its own: it runs scripts, follows every link, fills every field and sends every form. */
  async function scan(link: string, number: string): Promise<void> {
    for (const method of ['HEAD', 'GET']) await fetch(link, { method })
    const context = await browser()
    const page = await context.newPage()
    await page.goto(link)
    const links = await page.evaluate<string[]>(
      '[...document.querySelectorAll("a[href]")].map(({ href }) => href)',
    )
    for (const href of links) await page.goto(href)
    const digits = ['0000', '1234'].filter((each) => each !== number)
    for (const typed of ['', 'scanner', 'on', 'scanner@example.com', ...digits]) {
      await page.goto(link)
      const forms = await page.locator('form').count()
      for (let n = 0; n < forms; n += 1) {
        await page.goto(link)
        const form = page.locator('form').nth(n)
        for (const input of await form.locator('input:not([type=hidden])').all()) await input.fill(typed)
        await Promise.all([page.waitForNavigation(), form.locator('button').first().click()])
      }
      // And by script, past the button.
      await page.goto(link)
      await Promise.all([page.waitForNavigation(), page.evaluate('document.forms[0].submit()')])
    }
    await page.goto(at('/account'))
    expect(page.url()).toBe(at('/sign-in'))
    await context.close()
  }

  test('C178: a scanner with a real browser signs nobody in, and the person’s own click still does', async () => {
    const email = await somebody()
    const context = await browser({ javaScriptEnabled: false })
    const page = await context.newPage()
    const number = await ask(page, email)
    const { link } = await mailTo(email)
    await scan(link, number)
    const mailbox = await context.newPage()
    await mailbox.goto(link)
    await mailbox.click('main button')
    await mailbox.waitForURL(at('/account'))
    expect(await mailbox.textContent('main')).toContain(email)
    await page.waitForURL(at('/account'))
    await context.close()
  })

  test.for([
    ['en', true],
    ['fr', false],
    ['ar', true],
  ] as const)(
    'C180: opened on a phone, the link lets the first browser go on by itself, in %s, with scripts: %s',
    async ([locale, javaScriptEnabled]) => {
      const email = await somebody()
      const laptop = await browser({ locale, javaScriptEnabled })
      const phone = await browser({ locale, javaScriptEnabled })
      const first = await laptop.newPage()
      const number = await ask(first, email)
      expect(number).toMatch(/^\d{4}$/)
      const check = async (page: Page) => (javaScriptEnabled ? expectAccessible(page) : undefined)
      const { link } = await mailTo(email)
      const second = await phone.newPage()
      await second.goto(link)
      await check(second)
      expect(await second.getAttribute('html', 'lang')).toBe(locale)
      expect(await second.textContent('main')).not.toContain(number)
      await second.fill('#number', number)
      await second.keyboard.press('Enter')
      await second.waitForURL(at('/magic-link/approved'))
      await check(second)
      await first.waitForURL(at('/account'))
      expect(await first.textContent('main')).toContain(email)
      await second.goto(at('/account'))
      expect(second.url()).toBe(at('/sign-in'))
      await Promise.all([laptop.close(), phone.close()])
    },
  )

  test('the code of the mail is typed in the browser that asked, on a page that holds still', async () => {
    const email = await somebody()
    const context = await browser()
    const page = await context.newPage()
    await ask(page, email)
    const { code } = await mailTo(email)
    await page.click('a[href$="/magic-link/code"]')
    await page.waitForURL(at('/magic-link/code'))
    await expectAccessible(page)
    expect(await page.locator('meta[http-equiv="refresh"]').count()).toBe(0)
    await page.fill('#code', code)
    await page.keyboard.press('Enter')
    await page.waitForURL(at('/account'))
    await context.close()
  })

  test('works once: the same link in either browser is of no use afterwards, also to a stranger', async () => {
    const email = await somebody()
    const context = await browser()
    const page = await context.newPage()
    await ask(page, email)
    const { link } = await mailTo(email)
    await page.goto(link)
    await page.click('main button')
    await page.waitForURL(at('/account'))
    const stranger = await browser()
    for (const each of [page, await stranger.newPage()]) {
      const answer = await each.goto(link)
      expect(answer?.status()).toBe(422)
      expect(await each.locator('form').count()).toBe(0)
    }
    await Promise.all([context.close(), stranger.close()])
  })
})
