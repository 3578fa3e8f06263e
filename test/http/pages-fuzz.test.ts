import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { hostileHeader, hostileText } from '../support/fuzz/hostile.ts'
import { openApp, type TestApp } from '../support/open-app.ts'
import { PageVisitor, type Page } from '../support/page-visitor.ts'
import { formRoutes, pageRoutes } from '../support/served-routes.ts'

const seed = Number(process.env['IAM_FUZZ_SEED'] ?? 20_261_121)
const longer = inject('long') ? 20 : 1
const numRuns = 60 * longer
const timeout = 90_000 * longer
/** After so many requests the people are others: they may have signed out, or changed what they know. */
const scene = 20
const password = 'quartz lantern voyage pepper'
const ulid = '01BX5ZZKBKACTAV9WEVGEMMVRZ'

/** Every name that a field has on some page, with what is likely there. */
const fields: Record<string, readonly string[]> = {
  email: ['«own»', ' «own» ', 'new@acme.example'],
  password: [password, 'another lantern voyage altogether'],
  currentPassword: [password, 'wrong'],
  newPassword: ['another lantern voyage altogether', 'short', password],
  code: ['12345678', '١٢٣٤٥٦٧٨', '1234 5678'],
  token: ['abc', 'mlo_'.padEnd(136, '0')],
  session: ['«session»', `ses_${ulid}`],
  name: ['Laptop', ''],
  next: ['password', 'email', 'factors', 'account'],
}

interface Draft {
  readonly who: 'stranger' | 'member'
  readonly slug: string
  readonly query: string
  readonly fields: readonly (readonly [string, string])[]
  readonly token: 'own' | 'none' | 'twice' | 'other'
  readonly headers: Readonly<Record<string, string>>
  /** Bytes instead of fields. */
  readonly bytes: Uint8Array | undefined
}

function mostly<T, U>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<U>, weight = 7): fc.Arbitrary<T | U> {
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd })
}

const entry = fc
  .constantFrom(...Object.keys(fields))
  .chain((name) =>
    fc.tuple(fc.constant(name), mostly(fc.constantFrom(...(fields[name] ?? [])), hostileText, 2)),
  )

const entries = fc.oneof(
  // Each field that there is, once, as a page would send them.
  {
    weight: 3,
    arbitrary: fc
      .record(
        Object.fromEntries(
          Object.entries(fields).map(([name, likely]) => [
            name,
            mostly(fc.constantFrom(...likely), hostileText, 12),
          ]),
        ),
      )
      .map((record) => Object.entries(record)),
  },
  { weight: 1, arbitrary: fc.array(fc.oneof(entry, fc.tuple(hostileText, hostileText)), { maxLength: 6 }) },
)

const query = mostly(
  fc.constant(''),
  fc
    .tuple(fc.constantFrom('token', 'next', 'lang', 'organisation', '__proto__', 'x[]'), hostileText)
    .map(([name, value]) => `?${name}=${encodeURIComponent(value.toWellFormed())}`),
  3,
)

const type = 'application/x-www-form-urlencoded'
const draft: fc.Arbitrary<Draft> = fc.record({
  who: fc.constantFrom('stranger', 'member', 'member'),
  slug: mostly(fc.constant('acme'), fc.constantFrom('globex', 'nobody', 'system', 'ACME', '%00', '-', '..')),
  query,
  fields: entries,
  token: mostly(fc.constant('own' as const), fc.constantFrom('none', 'twice', 'other'), 5),
  headers: fc.record({
    'content-type': mostly(
      fc.constant(type),
      fc.constantFrom('application/json', 'text/plain', 'multipart/form-data; boundary=x', `${type};x`, ''),
    ),
    'accept-language': mostly(fc.constantFrom('en', 'fr', 'ar'), hostileHeader),
    'user-agent': mostly(fc.constant('fuzz'), hostileHeader),
    'sec-fetch-site': mostly(fc.constant('same-origin'), fc.constantFrom('cross-site', 'none', 'x'), 15),
  }),
  bytes: mostly(fc.constant(undefined), fc.uint8Array({ maxLength: 300 }), 15),
})

describe(`every form of the pages, with seed ${seed}`, async () => {
  const posts = await formRoutes()
  const gets = await pageRoutes()
  let app: TestApp
  let members = 0
  beforeAll(async () => {
    app = await openApp()
  })
  afterAll(() => app.close())

  async function newCast() {
    const email = `fuzzed-${(members += 1)}@acme.example`
    const member = new PageVisitor(app.app)
    await member.fill('/t/acme/register', { email, password })
    expect(await member.fill('/t/acme/sign-in', { email, password })).toMatchObject({ status: 303 })
    const { body } = await member.open('/t/acme/account')
    const session = /name="session" value="(ses_\w+)"/.exec(body)?.[1] ?? ''
    const stranger = new PageVisitor(app.app)
    await stranger.open('/t/acme/sign-in')
    const other = new PageVisitor(app.app)
    await other.open('/t/acme/sign-in')
    return { email, session, member, stranger, other: other.form }
  }
  type Cast = Awaited<ReturnType<typeof newCast>>

  function bodyOf({ fields: sent, token, bytes }: Draft, cast: Cast, own: string): string | Buffer {
    if (bytes !== undefined) return Buffer.from(bytes)
    const tokens = { own: [own], none: [], twice: [own, own], other: [cast.other] }[token]
    const body = new URLSearchParams()
    for (const form of tokens) body.append('form', form)
    for (const [name, value] of sent) {
      body.append(name, value.replace('«own»', cast.email).replace('«session»', cast.session))
    }
    return body.toString()
  }

  function expectAWayOn({ status, headers, body, location }: Page): void {
    expect(status).toBeLessThan(500)
    if (location !== undefined) {
      expect(status).toBe(303)
      expect(location).toMatch(/^\/t\/[a-z0-9-]+(\/[a-z/-]+)?(\?next=[a-z]+)?$/)
      return
    }
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(body).toMatch(/<main id="content">[^]*(<form|<a )[^]*<\/main>/)
    expect(body).not.toMatch(/<script>alert|<b>|undefined|\[object/)
  }

  test.each(posts)(
    'POST %s leads to a page to go on from, whatever it is sent',
    { timeout },
    async (route) => {
      const seen: number[] = []
      let cast: Cast | undefined
      await fc.assert(
        fc.asyncProperty(draft, async (given) => {
          if (cast === undefined || seen.length % scene === 0) cast = await newCast()
          const visitor = cast[given.who]
          const own = (await visitor.open('/t/acme/account'), visitor.form)
          const url = `${route.replace(':slug', given.slug)}${given.query}`
          const answer = await visitor.sendBytes(url, bodyOf(given, cast, own), given.headers)
          expectAWayOn(answer)
          seen.push(answer.status)
        }),
        { seed, numRuns },
      )
      expect(
        seen.some((status) => status === 303 || status === 422),
        'No form came as far as its verb.',
      ).toBe(true)
      expect(seen.some((status) => status < 422 && status !== 303)).toBe(true)
    },
  )

  test.each(gets)(
    'GET %s shows a page to go on from, whatever stands in its address',
    { timeout },
    async (route) => {
      const parts = fc.record({
        slug: mostly(fc.constant('acme'), hostileText, 3),
        query,
        cookie: mostly(fc.constant(''), hostileHeader),
      })
      await fc.assert(
        fc.asyncProperty(parts, async ({ slug, query: search, cookie }) => {
          const visitor = new PageVisitor(app.app)
          const url = `${route.replace(':slug', encodeURIComponent(slug.toWellFormed()))}${search}`
          const answer = await visitor.open(url, cookie === '' ? {} : { cookie })
          if (route === '/api/v1/errors') expect(answer.status).toBe(200)
          else expectAWayOn(answer)
        }),
        { seed, numRuns },
      )
    },
  )
})
