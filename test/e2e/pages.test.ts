import { startStack, type Stack } from '@iam/local-stack/stack'
import axe, { type AxeResults } from 'axe-core'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openBrowser, type TestBrowser } from '../support/browser.ts'

interface Mail {
  readonly subject: string
  readonly text: string
}

interface Walker {
  readonly context: BrowserContext
  readonly page: Page
  /** What a page must not do: load from elsewhere, tell where it came from, break its own policy. */
  readonly misdeeds: string[]
}

const first = 'quartz lantern voyage pepper'
const second = 'another lantern voyage altogether'
const third = 'a third voyage with no lantern'
const direction: Record<string, string> = { en: 'ltr', fr: 'ltr', ar: 'rtl' }

describe('the hosted pages in a browser', () => {
  let stack: Stack
  let chromium: TestBrowser
  beforeAll(async () => {
    ;[stack, chromium] = await Promise.all([startStack(), openBrowser()])
  })
  afterAll(async () => {
    await chromium.close()
    await stack.stop()
  })

  const at = (page: string) => `${stack.state.issuer}/t/${stack.state.tenant.slug}${page}`

  async function walker(locale: string, javaScriptEnabled: boolean): Promise<Walker> {
    const context = await chromium.browser.newContext({
      locale,
      javaScriptEnabled,
      viewport: { width: 390, height: 780 },
    })
    const page = await context.newPage()
    const misdeeds: string[] = []
    const { origin } = new URL(stack.state.issuer)
    page.on('request', (request) => {
      const { referer } = request.headers()
      if (new URL(request.url()).origin !== origin) misdeeds.push(`asked for ${request.url()}`)
      if (referer) misdeeds.push(`told that it came from ${referer}`)
    })
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) misdeeds.push(message.text())
    })
    return { context, page, misdeeds }
  }

  /** The newest mail to an address that holds a link to such a page. */
  async function linkTo(address: string, page: string): Promise<string> {
    const url = `${stack.state.mail.url}/messages?to=${encodeURIComponent(address)}`
    const find = async () => {
      const mails = (await (await fetch(url)).json()) as Mail[]
      return mails.map(({ text }) => /https?:\S+/.exec(text)?.[0]).find((link) => link?.includes(`/${page}?`))
    }
    return (await vi.waitUntil(find, { timeout: 15_000, interval: 100 })) ?? ''
  }

  /** Fills the page's fields in their order by the keyboard alone, and sends the form. */
  async function type(page: Page, ...values: string[]): Promise<void> {
    await vi.waitUntil(async () => (await page.locator('input:focus').count()) === 1, {
      timeout: 5_000,
      interval: 20,
    })
    for (const [n, value] of values.entries()) {
      if (n > 0) await page.keyboard.press('Tab')
      await page.keyboard.type(value)
    }
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  }

  async function press(page: Page, action: string): Promise<void> {
    await Promise.all([page.waitForNavigation(), page.click(`form[action$="${action}"] button`)])
  }

  async function expectAt(page: Page, path: string, locale: string): Promise<void> {
    expect(page.url()).toBe(at(path))
    expect(await page.getAttribute('html', 'lang')).toBe(locale)
    expect(await page.getAttribute('html', 'dir')).toBe(direction[locale])
    expect(await page.locator('h1').count()).toBe(1)
    const wider = 'document.documentElement.scrollWidth > document.documentElement.clientWidth'
    expect(await page.evaluate(wider)).toBe(false)
  }

  async function expectAccessible(page: Page): Promise<void> {
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate<AxeResults>('axe.run()')
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    expect(grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`)).toEqual([])
  }

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
      const { page, context, misdeeds } = await walker(locale, scripts)
      const email = `walker-${locale}-${scripts}@example.com`
      // axe is a script.
      const check = async (shown = page) => (scripts ? expectAccessible(shown) : undefined)

      await page.goto(at('/register'))
      await expectAt(page, '/register', locale)
      await check()
      await type(page, email, 'short')
      expect(await page.getAttribute('#password', 'aria-invalid')).toBe('true')
      expect(await page.inputValue('#email')).toBe(email)
      await check()
      await type(page, first)
      await expectAt(page, '/verify-email', locale)
      await check()

      await page.goto(await linkTo(email, 'verify-email'))
      await check()
      await press(page, '/verify-email')
      await expectAt(page, '/sign-in', locale)
      expect(await page.getByRole('status').count()).toBe(1)
      await check()
      await type(page, email, 'not this one at all')
      expect(await page.getByRole('alert').count()).toBe(1)
      await check()
      await type(page, first)
      await expectAt(page, '/account', locale)
      await check()

      await page.goto(at('/account/password'))
      await expectAt(page, '/account/password', locale)
      await check()
      await type(page, first, second)
      await expectAt(page, '/account', locale)

      const elsewhere = await walker(locale, scripts)
      await elsewhere.page.goto(at('/forgotten-password'))
      await check(elsewhere.page)
      await type(elsewhere.page, email)
      await expectAt(elsewhere.page, '/forgotten-password/sent', locale)
      await check(elsewhere.page)
      const link = await linkTo(email, 'reset-password')
      await elsewhere.page.goto(link)
      await check(elsewhere.page)
      await type(elsewhere.page, third)
      await expectAt(elsewhere.page, '/sign-in', locale)
      await page.reload()
      await expectAt(page, '/sign-in', locale)

      await type(page, email, third)
      await type(elsewhere.page, email, third)
      await expectAt(elsewhere.page, '/account', locale)
      await press(page, '/account/sign-out-everywhere')
      await expectAt(page, '/signed-out', locale)
      await check()
      await elsewhere.page.reload()
      await expectAt(elsewhere.page, '/sign-in', locale)
      await page.goBack()
      expect(await page.content()).not.toContain(email)

      expect([...misdeeds, ...elsewhere.misdeeds]).toEqual([])
      await context.close()
      await elsewhere.context.close()
    },
  )

  test('errors are pages, too', async () => {
    const { page, context, misdeeds } = await walker('en', true)
    for (const path of [
      '/nothing-here',
      '/reset-password',
      '/confirm-email?token=abc',
      '/undo-email?token=abc',
    ]) {
      await page.goto(at(path))
      await expectAccessible(page)
    }
    await page.goto(`${stack.state.issuer}/t/nobody/sign-in`)
    await expectAccessible(page)
    expect(misdeeds).toEqual([])
    await context.close()
  })

  test('nothing is hard to read in the dark', async () => {
    const context = await chromium.browser.newContext({ colorScheme: 'dark' })
    const page = await context.newPage()
    await page.goto(at('/sign-in'))
    await type(page, stack.state.user.email, 'wrong')
    await expectAccessible(page)
    await type(page, stack.state.user.password)
    await expectAccessible(page)
    await context.close()
  })
})
