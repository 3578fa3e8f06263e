import { logIn } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'

interface Schema {
  readonly required?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
}
interface Operation {
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } }
  readonly responses: Readonly<Record<string, { readonly description: string }>>
}
type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }

const password = 'correct horse battery staple'
const members: Readonly<Record<string, unknown>> = {
  alg: 'ES256',
  id: 'x',
  rawId: 'x',
  type: 'public-key',
  email: 'ada@acme.example',
  password,
  currentPassword: password,
  newPassword: password,
  token: 'x',
  request: 'x',
  name: 'at work',
  slug: 'initech',
  policy: {},
  challenge: 'x',
  code: '000000',
  factor: 'mfa_01BX5ZZKBKACTAV9WEVGEMMVRZ',
  kind: 'totp',
  // Of RFC 8037 A.2.
  publicKey: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
  signature: 'x',
  device: 'dev_01BX5ZZKBKACTAV9WEVGEMMVRZ',
}

/** What stands for the parameters of a path: well formed, and nobody. */
const parameters: Readonly<Record<string, string>> = {
  tenantId: 'ten_01BX5ZZKBKACTAV9WEVGEMMVRZ',
  userId: 'usr_01BX5ZZKBKACTAV9WEVGEMMVRZ',
  sessionId: 'ses_01BX5ZZKBKACTAV9WEVGEMMVRZ',
  role: 'tenant.admin',
  factorId: 'mfa_01BX5ZZKBKACTAV9WEVGEMMVRZ',
  deviceId: 'dev_01BX5ZZKBKACTAV9WEVGEMMVRZ',
  token: 'A'.repeat(43),
}

/** A body that an operation's schema takes: of the first form, if it has several. */
function bodyFor({ requestBody }: Operation) {
  if (requestBody === undefined) return {}
  return { payload: sampleOf(requestBody.content['application/json'].schema) }
}

function sampleOf(schema: Schema): object {
  const { required = [], properties = {} } = schema.anyOf?.[0] ?? schema
  const value = (name: string) =>
    properties[name]?.required === undefined ? (members[name] ?? 'x') : sampleOf(properties[name])
  return Object.fromEntries(required.map((name) => [name, value(name)]))
}

describe('the OpenAPI document', () => {
  let open: TestApp
  let authorization: string
  let document: Document
  beforeAll(async () => {
    open = await openApp()
    authorization = `Bearer ${(await logIn(open.world)).accessToken}`
    document = (await open.app.inject({ url: '/api/v1/openapi.json' })).json<Document>()
  })
  afterAll(() => open.close())

  /** The code that every operation answers a request with, after seeing to it that the document lists it. */
  async function codes(headers: Record<string, string>): Promise<Set<string | undefined>> {
    const seen = new Set<string | undefined>()
    for (const [url, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const response = await open.app.inject({
          method: method.toUpperCase() as 'GET',
          url: url.replace(/\{(\w+)\}/g, (_whole, name: string) => parameters[name] ?? name),
          headers: { authorization, 'x-tenant-id': 'acme', ...headers },
          ...bodyFor(operation),
        })
        const { code } = response.body === '' ? {} : response.json<{ code?: string }>()
        const listed = operation.responses[response.statusCode]?.description.split(', ') ?? []
        if (code !== undefined) expect(listed, `${method} ${url}`).toContain(code)
        seen.add(code)
      }
    }
    return seen
  }

  const setAcme = async (changes: { status?: string; region?: string }) => {
    await open.world.admin.updateTable('iam.directory').set(changes).where('slug', '=', 'acme').execute()
    await open.world.testClock.advance(31) // the directory is remembered for half a minute
  }

  test('lists what operations answer a page of another origin', async () => {
    expect(await codes({ origin: 'https://evil.example' })).toContain('origin_not_allowed')
  })

  test('lists what every operation answers about a tenant that is not served here', async () => {
    expect([...(await codes({ 'x-tenant-id': 'nobody' }))]).toEqual(['tenant_unknown'])
    await setAcme({ status: 'suspended' })
    expect([...(await codes({}))]).toEqual(['tenant_suspended'])
    await setAcme({ region: 'elsewhere' })
    expect([...(await codes({}))]).toEqual(['wrong_region'])
  })
})
