import type { ProblemCode } from '@iam/iam-api/problem-codes'
import { startTcpProxy, type TcpProxy } from '@iam/local-stack/tcp-proxy'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { addAbsentTenants, newCast, type Props } from '../support/fuzz/cast.ts'
import { expectDocumented, expectProblem } from '../support/fuzz/expect-documented.ts'
import { hostileText } from '../support/fuzz/hostile.ts'
import { documentedOperations, type Operation } from '../support/fuzz/operations.ts'
import { draftFor, send } from '../support/fuzz/requests.ts'
import { openApp, type TestApp } from '../support/open-app.ts'

const operations = await documentedOperations()
// The same requests each time; IAM_FUZZ_SEED=7 npm test -- fuzz sends others.
const seed = Number(process.env['IAM_FUZZ_SEED'] ?? 20_261_121)
const longer = inject('long') ? 20 : 1
/** Requests for each operation. */
const numRuns = Math.max(60, Math.floor(3000 / operations.length)) * longer
/** After so many requests the people are others: they may have logged out, or changed what they know. */
const scene = 30

/** Said before the operation itself has looked at anything. */
const atTheDoor = new Set<ProblemCode | undefined>([
  'invalid_request',
  'invalid_token',
  'origin_not_allowed',
  'payload_too_large',
  'rate_limited',
  'session_ended',
  'tenant_mismatch',
  'tenant_required',
  'tenant_unknown',
  'unsupported_media_type',
])

describe(`every operation of the OpenAPI document, with seed ${seed}`, () => {
  let open: TestApp
  beforeAll(async () => {
    open = await openApp({ limits: 1 })
    await addAbsentTenants(open.world)
  })
  afterAll(() => open.close())

  test.each(operations)(
    '$name answers whatever it is sent as it documents, and never fails',
    async (operation) => {
      const seen = await fuzz(open, operation)
      const inside = seen.filter((code) => !atTheDoor.has(code))
      expect(inside, 'Nothing came as far as the operation itself.').not.toEqual([])
    },
    30_000 * longer,
  )

  test('answers 404 and 405 where nothing is, and says which methods there are', async () => {
    for (const path of new Set(operations.map((operation) => operation.path))) {
      const methods = operations.filter((operation) => operation.path === path).map(({ method }) => method)
      const url = path.replaceAll(/\{\w+\}/g, 'usr_01BX5ZZKBKACTAV9WEVGEMMVRZ')
      const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].toSorted()
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
        if (allow.includes(method)) continue
        const answer = await open.app.inject({ method, url })
        const told = `${method} ${path}`
        expect(answer.statusCode, told).toBe(405)
        expect(String(answer.headers['allow']).split(', ').toSorted(), told).toEqual(allow)
        if (method !== 'HEAD') expect(expectProblem(answer, told)).toBe('method_not_allowed')
      }
    }
  })

  test('answers HEAD as GET, without the body', async () => {
    const props = await newCast(open.world)
    for (const operation of operations.filter(({ method }) => method === 'GET')) {
      const url = operation.path.replaceAll(/\{(\w+)\}/g, props['«user»'] ?? '')
      const headers = { authorization: `Bearer ${props['«live»']}` }
      const [get, head] = await Promise.all(
        (['GET', 'HEAD'] as const).map((method) => open.app.inject({ method, url, headers })),
      )
      expect(head?.statusCode, url).toBe(get?.statusCode)
      expect(head?.headers['content-length'], url).toBe(get?.headers['content-length'])
      expect(head?.body, url).toBe('')
    }
  })

  test(
    'answers paths that lead nowhere with problem documents',
    async () => {
      const paths = operations.map((operation) => operation.path)
      const steps = fc.array(
        fc.oneof(
          hostileText.map((text) => encodeURIComponent(text.toWellFormed())),
          fc.constantFrom('%', '%zz', '%c3%28', '..', '.', '', ';', '//'),
        ),
        { minLength: 1, maxLength: 4 },
      )
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...paths), steps, async (path, more) => {
          const answer = await open.app.inject({ url: [path, ...more].join('/') })
          if (answer.statusCode >= 400) expectProblem(answer, answer.body)
        }),
        { seed, numRuns: 200 * longer },
      )
    },
    30_000 * longer,
  )
})

describe(`every operation while Postgres is away, with seed ${seed}`, () => {
  let open: TestApp
  let postgres: TcpProxy
  beforeAll(async () => {
    postgres = await startTcpProxy({ port: inject('services').postgresPort })
    open = await openApp({ poolerPort: postgres.port })
  })
  afterAll(async () => {
    await open.close()
    postgres.close()
  })

  test(
    'says 503 with Retry-After at worst, and works again afterwards',
    async () => {
      const props = await newCast(open.world)
      postgres.refuse()
      postgres.cut()
      const seen: (ProblemCode | undefined)[] = []
      for (const operation of operations) {
        for (const draft of fc.sample(draftFor(operation), { seed, numRuns: 20 * longer })) {
          seen.push(expectDocumented(operation, await send(open.app, operation, { draft, props })))
        }
      }
      expect(seen).toContain('temporarily_unavailable')
      await postgres.heal()
      const back = await open.app.inject({
        url: '/api/v1/me',
        headers: { authorization: `Bearer ${props['«live»']}` },
      })
      expect(back.statusCode).toBe(200)
    },
    30_000 * longer,
  )
})

/** Sends an operation many requests. @returns what it refused them with, undefined where it did not. */
async function fuzz({ app, world }: TestApp, operation: Operation) {
  const seen: (ProblemCode | undefined)[] = []
  let props: Props | undefined
  await fc.assert(
    fc.asyncProperty(draftFor(operation), async (draft) => {
      if (props === undefined || seen.length % scene === 0) props = await newCast(world)
      const answer = await send(app, operation, { draft, props })
      seen.push(expectDocumented(operation, answer))
    }),
    { seed: seed + numberOf(operation.name), numRuns },
  )
  return seen
}

/** Each operation is sent drafts of its own. */
function numberOf(name: string): number {
  return [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65_536, 7)
}
