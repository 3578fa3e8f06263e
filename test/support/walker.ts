import type { Stack } from '@iam/local-stack/stack'
import axe, { type AxeResults } from 'axe-core'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { expect, vi } from 'vitest'
import type { TestBrowser } from './browser.ts'

interface Mail {
  readonly subject: string
  readonly text: string
}

/** How long something may take on a busy machine before it counts as not happening, in milliseconds. */
const patience = 90_000
const direction: Record<string, string> = { en: 'ltr', fr: 'ltr', ar: 'rtl' }

/** A person at a browser of their own, on the pages of the demo tenant. */
export class Walker {
  readonly page: Page
  /** What a page must not do: load from elsewhere, tell where it came from, break its own policy. */
  readonly misdeeds: string[] = []
  readonly #context: BrowserContext
  readonly #stack: Stack

  private constructor(stack: Stack, page: Page) {
    this.#stack = stack
    this.page = page
    this.#context = page.context()
    page.setDefaultTimeout(patience)
    this.#watch()
  }

  static async open(stack: Stack, { browser }: TestBrowser, options: BrowserContextOptions = {}) {
    const context = await browser.newContext({
      locale: 'en',
      viewport: { width: 390, height: 780 },
      ...options,
    })
    return new Walker(stack, await context.newPage())
  }

  /** Another tab of the same browser. */
  async openTab(): Promise<Walker> {
    return new Walker(this.#stack, await this.#context.newPage())
  }

  async close(): Promise<void> {
    await this.#context.close()
  }

  get context(): BrowserContext {
    return this.#context
  }

  #watch(): void {
    const { origin } = new URL(this.#stack.state.issuer)
    this.page.on('request', (request) => {
      const { referer } = request.headers()
      if (new URL(request.url()).origin !== origin) this.misdeeds.push(`asked for ${request.url()}`)
      if (referer) this.misdeeds.push(`told that it came from ${referer}`)
    })
    this.page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) this.misdeeds.push(message.text())
    })
  }

  at(path: string): string {
    return `${this.#stack.state.issuer}/t/${this.#stack.state.tenant.slug}${path}`
  }

  /** Opens one of the tenant's pages. */
  async open(path: string): Promise<void> {
    await this.page.goto(this.at(path))
  }

  /** The newest mail to an address that holds a link to such a page. */
  async linkTo(address: string, page: string): Promise<string> {
    const url = `${this.#stack.state.mail.url}/messages?to=${encodeURIComponent(address)}`
    const find = async () => {
      const mails = (await (await fetch(url)).json()) as Mail[]
      return mails.map(({ text }) => /https?:\S+/.exec(text)?.[0]).find((link) => link?.includes(`/${page}?`))
    }
    return (await vi.waitUntil(find, { timeout: patience, interval: 50 })) ?? ''
  }

  /** Fills the page's fields in their order by the keyboard alone, and sends the form. */
  async type(...values: string[]): Promise<void> {
    const { page } = this
    await page.locator('input:focus').waitFor({ timeout: patience })
    for (const [n, value] of values.entries()) {
      if (n > 0) await page.keyboard.press('Tab')
      await page.keyboard.insertText(value)
    }
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
  }

  /** Presses the button of the form that goes to such an address. */
  async press(action: string): Promise<void> {
    const { page } = this
    await Promise.all([page.waitForNavigation(), page.click(`form[action$="${action}"] button`)])
  }

  async signIn(person: { readonly email: string; readonly password: string }): Promise<void> {
    await this.open('/sign-in')
    await this.type(person.email, person.password)
    this.expectAt('/account')
  }

  expectAt(path: string): void {
    expect(this.page.url()).toBe(this.at(path))
  }

  /** Is at a page, in a language, whole on a small screen. */
  async expectShown(path: string, locale: string): Promise<void> {
    const { page } = this
    this.expectAt(path)
    expect(await page.getAttribute('html', 'lang')).toBe(locale)
    expect(await page.getAttribute('html', 'dir')).toBe(direction[locale])
    expect(await page.locator('h1').count()).toBe(1)
    await this.expectNoScrolling()
  }

  async expectNoScrolling(): Promise<void> {
    const wider = 'document.documentElement.scrollWidth > document.documentElement.clientWidth'
    expect(await this.page.evaluate(wider), this.page.url()).toBe(false)
  }

  /** axe finds nothing serious on the page as it is. */
  async expectAccessible(): Promise<void> {
    await this.page.evaluate(axe.source)
    const { violations } = await this.page.evaluate<AxeResults>(`axe.run({ resultTypes: ['violations'] })`)
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    const told = grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`)
    expect(told, this.page.url()).toEqual([])
  }
}
