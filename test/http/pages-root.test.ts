import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'
import { PageVisitor } from '../support/page-visitor.ts'

const password = 'correct horse battery staple'

describe('the page at the root', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await openApp()
  })
  afterAll(() => app.close())

  const visitor = () => new PageVisitor(app.app)
  const typed = (name: string) => `/?organisation=${encodeURIComponent(name)}`

  async function signInAt(slug: 'acme' | 'globex', browser = visitor()): Promise<PageVisitor> {
    const email = { acme: 'ada@acme.example', globex: 'hank@globex.example' }[slug]
    expect(await browser.fill(`/t/${slug}/sign-in`, { email, password })).toMatchObject({ status: 303 })
    return browser
  }

  test('asks for the organisation and leads to it, however its name is typed', async () => {
    const asked = await visitor().open('/')
    expect(asked.status).toBe(200)
    expect(asked.body).toContain('<h1>Which organisation?</h1>')
    for (const name of ['acme', ' Acme ', 'https://id.example.test/t/acme/sign-in?x=1', '/t/acme']) {
      expect(await visitor().open(typed(name)), name).toMatchObject({ status: 303, location: '/t/acme' })
    }
  })

  test('says kindly that there is no such organisation, keeps what was typed, and leads nowhere else', async () => {
    for (const name of [
      'nobody',
      '//evil.example',
      'https://evil.example/',
      '"><b>',
      '\0',
      'x'.repeat(5000),
    ]) {
      const answer = await visitor().open(typed(name), { 'x-forwarded-for': '198.51.100.7' })
      expect(answer.status, name).toBe(422)
      expect(answer.body).toContain('We know no organisation of this name.')
      expect(answer.body).toContain('aria-invalid="true"')
      expect(answer.body).not.toContain('<b>')
    }
    expect((await visitor().open('/?organisation=nobody&lang=fr')).body).toContain('Aucune organisation')
    expect((await visitor().open('/?organisation=acme&organisation=globex')).status).toBe(200)
  })

  test('leads to the one organisation that the browser knows, and offers several', async () => {
    const browser = await signInAt('acme')
    expect(await browser.open('/')).toMatchObject({ status: 303, location: '/t/acme' })
    expect((await browser.open('/?organisation=')).body).toContain('<a href="/t/acme">acme</a>')
    const both = await signInAt('globex', browser)
    const page = await both.open('/')
    expect(page.status).toBe(200)
    expect(page.body).toContain('You were here before')
    expect(page.body).toContain('<a href="/t/acme">acme</a>')
    expect(page.body).toContain('<a href="/t/globex">globex</a>')
    const invented = visitor()
    invented.cookies.set('__Host-iam_01BX5ZZKBKACTAV9WEVGEMMVRZ', 'x')
    expect((await invented.open('/')).body).toContain('Which organisation?')
  })

  test('C165: the directory is not read out: one network tries twenty names a minute', async () => {
    const limited = await openApp({ limits: 1 })
    const browser = new PageVisitor(limited.app)
    try {
      for (let n = 0; n < 20; n += 1) expect((await browser.open(typed(`guess-${n}`))).status).toBe(422)
      for (const name of ['guess-20', 'acme']) {
        const refused = await browser.open(typed(name))
        expect(refused.status).toBe(429)
        expect(refused.body).toContain('That was tried too often.')
        expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
      }
      expect(await browser.open(typed('acme'), { 'x-forwarded-for': '198.51.100.9' })).toMatchObject({
        status: 303,
      })
      expect((await browser.open('/')).status).toBe(200)
    } finally {
      await limited.close()
    }
  })
})
