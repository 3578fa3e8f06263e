import { logInBrowserWithPassword } from '@iam/domain/session'
import { logIn } from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentedOperations, type Operation } from '../support/fuzz/operations.ts'
import { openApp, type TestApp } from '../support/open-app.ts'

const operations = await documentedOperations()
const pages = [
  '/t/acme',
  '/t/acme/sign-in',
  '/t/acme/register',
  '/t/acme/verify-email?token=x',
  '/t/acme/forgotten-password',
  '/t/acme/reset-password?token=x',
  '/t/acme/confirm-email?token=x',
  '/t/acme/undo-email?token=x',
  '/t/acme/account',
  '/t/acme/signed-out',
]

describe('what another site can bring a browser to send', () => {
  let open: TestApp
  let headers: Record<string, string>
  let ids: Readonly<Record<string, string>>
  beforeAll(async () => {
    open = await openApp({ limits: 1 })
    const { world } = open
    const { acme: tenantId, demo, origin } = world
    const issued = await logIn(world)
    const browser = await logInBrowserWithPassword(world, {
      tenantId,
      email: demo.tenants[0].email,
      password: demo.password,
      previous: undefined,
      origin,
    })
    await world.admin
      .insertInto('iam.role_assignment')
      .values({
        tenant_id: tenantId,
        user_id: issued.user.id,
        role: 'tenant.owner',
        granted_by: 'test',
        granted_at: world.clock(),
      })
      .execute()
    ids = { tenantId, userId: issued.user.id, sessionId: issued.session.id, role: 'tenant.admin' }
    headers = {
      authorization: `Bearer ${issued.accessToken}`,
      'x-tenant-id': 'acme',
      cookie: `__Host-iam_${tenantId.slice(4)}=${browser.token}`,
    }
  })
  afterAll(() => open.close())

  const urlOf = ({ path }: Operation) =>
    path.replace(/\{(\w+)\}/g, (_whole, name: string) => ids[name] ?? name)
  const withBody = operations.filter(({ body }) => body !== undefined)

  /** Everything that is stored, but who looked at what, and when a browser was last seen. */
  async function stored(): Promise<Record<string, string | undefined>> {
    const { admin } = open.world
    const tables = await sql<{ name: string }>`
      select tablename as name from pg_tables 
       where schemaname = 'iam' and tablename not like 'audit_event%' order by 1`.execute(admin)
    const digests = tables.rows.map(async ({ name }) => {
      const digest = await sql<{ digest: string }>`
        select md5(coalesce(string_agg((to_jsonb(t) - 'last_seen_at')::text, '|' order by to_jsonb(t)::text), ''))
               as digest from ${sql.table(`iam.${name}`)} t`.execute(admin)
      return [name, digest.rows[0]?.digest] as const
    })
    return Object.fromEntries(await Promise.all(digests))
  }

  test('C158: no GET and no HEAD changes anything, whoever is signed in', async () => {
    await open.world.testClock.advance(61) // so that being seen is noted
    const urls = [...operations.filter(({ method }) => method === 'GET').map(urlOf), ...pages]
    const before = await stored()
    const statuses: number[] = []
    for (const url of urls) {
      for (const method of ['GET', 'HEAD'] as const)
        statuses.push((await open.app.inject({ method, url, headers })).statusCode)
    }
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(12)
    expect(statuses.filter((status) => status >= 500)).toEqual([])
    expect(await stored()).toEqual(before)
  })

  test.each(withBody)('C157: $name takes what is named JSON, and nothing else', async (operation) => {
    const before = await stored()
    for (const type of [
      'text/plain',
      'text/plain;charset=UTF-8',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      ' application/jsonp',
      'application/json\u00a0',
      'application/csp-report',
      undefined,
    ]) {
      const answer = await open.app.inject({
        method: operation.method,
        url: urlOf(operation),
        headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) },
        payload: Buffer.from('{}'),
      })
      expect(answer.statusCode, type).toBe(415)
    }
    expect(await stored()).toEqual(before)
  })

  test.each([
    'null',
    'https://evil.example',
    'https://id.example.test.evil.example',
    'https://evil-id.example.test',
    'https://id.example.test:8443',
    'http://id.example.test',
    'https://ID.EXAMPLE.TEST@evil.example',
  ])('C159: no answer lets a page of %s read it', async (origin) => {
    const preflight = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    }
    for (const url of [...operations.map(urlOf), ...pages, '/health', '/api/v1/openapi.json']) {
      for (const [method, more] of [
        ['OPTIONS', preflight],
        ['GET', {}],
      ] as const) {
        const answer = await open.app.inject({ method, url, headers: { ...headers, ...more, origin } })
        const shared = Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))
        expect(shared, `${method} ${url}`).toEqual([])
      }
    }
  })
})
