import type { App } from '@iam/iam-api/app'

export interface Page {
  readonly status: number
  readonly headers: Record<string, string | string[] | number | undefined>
  readonly body: string
  /** Where it leads, when it is a redirect. */
  readonly location: string | undefined
}

/** A browser without scripts, as far as the pages can tell: it keeps cookies and sends the forms that it was shown. */
export class PageVisitor {
  readonly cookies = new Map<string, string>()
  /** Every Set-Cookie that was answered. */
  readonly set: string[] = []
  readonly #app: App
  #form = ''

  constructor(app: App) {
    this.#app = app
  }

  /** @param method GET by default; a mail scanner also asks with HEAD. */
  async open(
    url: string,
    headers: Record<string, string> = {},
    method: 'GET' | 'HEAD' = 'GET',
  ): Promise<Page> {
    const navigation = { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }
    return this.#take(
      await this.#app.inject({ method, url, headers: this.#headers({ ...navigation, ...headers }) }),
    )
  }

  /** Sends the form of the page that was shown last. */
  async send(
    url: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Page> {
    return this.sendBytes(url, new URLSearchParams({ form: this.#form, ...fields }).toString(), headers)
  }

  /** The token of the form that was shown last. */
  get form(): string {
    return this.#form
  }

  /** Sends anything at all as if it were the form. */
  async sendBytes(
    url: string,
    payload: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Page> {
    const sent = {
      'sec-fetch-site': 'same-origin',
      origin: 'null',
      'content-type': 'application/x-www-form-urlencoded',
    }
    return this.#take(
      await this.#app.inject({
        method: 'POST',
        url,
        payload,
        headers: this.#headers({ ...sent, ...headers }),
      }),
    )
  }

  /** Opens a page and sends its form there. */
  async fill(
    url: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Page> {
    await this.open(url, headers)
    return this.send(url.split('?')[0] ?? '', fields, headers)
  }

  #headers(given: Record<string, string>): Record<string, string> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    return { accept: 'text/html,application/xhtml+xml', ...(cookie === '' ? {} : { cookie }), ...given }
  }

  #take(answer: Awaited<ReturnType<App['inject']>>): Page {
    for (const text of [answer.headers['set-cookie'] ?? []].flat()) {
      this.set.push(text)
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? []
      if (/; Max-Age=0;/.test(text)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    this.#form = /name="form" value="([^"]+)"/.exec(answer.body)?.[1] ?? this.#form
    const { location } = answer.headers
    return { status: answer.statusCode, headers: answer.headers, body: answer.body, location }
  }
}
