import { Tracing } from '@iam/platform/telemetry'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Collector, type CollectedSpan } from '../support/collector.ts'
import { openApp, type TestApp } from '../support/open-app.ts'
import { recorder, telemetryTo } from '../support/telemetry.ts'

const newTrace = () => crypto.randomUUID().replaceAll('-', '')

describe('the spans of iam-api', () => {
  let open: TestApp
  let collector: Collector
  beforeAll(async () => {
    open = await openApp()
    collector = await Collector.start()
  })
  afterAll(async () => {
    await open.close()
    await collector.close()
  })

  /** Asks while spans go to the collector, and waits until they have been sent. */
  async function traced(
    ask: () => Promise<unknown>,
    changed: Parameters<typeof telemetryTo>[1] = {},
  ): Promise<string[]> {
    const { tracing } = open.deps
    const failures: unknown[] = []
    await tracing.exportTo(telemetryTo(collector.endpoint, changed), recorder, (error) =>
      failures.push(error),
    )
    await ask()
    await tracing.close()
    tracing.record(nobody)
    return failures.map(String)
  }
  const nobody = { start: new Tracing().start.bind(new Tracing()), close: async () => undefined }

  const logIn = (password: string, headers: Record<string, string> = {}) => {
    const [{ email }] = open.world.demo.tenants
    return open.app.inject({
      method: 'POST',
      url: '/api/v1/auth/login',
      headers: { 'x-tenant-id': 'acme', ...headers },
      payload: { email, password },
    })
  }
  const rightly = (headers?: Record<string, string>) => logIn(open.world.demo.password, headers)
  const parentOf = (traceId: string, flags = '01') => `00-${traceId}-b7ad6b7169203331-${flags}`
  const serverSpans = (traceId: string) => collector.of(traceId).filter(({ kind }) => kind === 2)

  beforeEach(() => {
    collector.manner = 'takes'
  })

  test('are one for the request, by its route, and one for each flight and hash below it', async () => {
    const traceId = newTrace()
    await traced(() => rightly({ traceparent: parentOf(traceId) }))
    const [server] = serverSpans(traceId)
    expect(server).toMatchObject({
      service: 'iam-api',
      name: 'POST /api/v1/auth/login',
      parentSpanId: 'b7ad6b7169203331',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/api/v1/auth/login',
        'http.response.status_code': 200,
        'url.scheme': 'http',
      },
    })
    const children = collector.of(traceId).filter((span) => span !== server)
    expect(new Set(children.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([server?.spanId]))
    expect(children.map(({ name }) => name)).toEqual(expect.arrayContaining(['argon2 verify', 'flight']))
    expect(children.every((child) => isWithin(child, server))).toBe(true)
  })

  test('say that a request was refused, and are no errors unless it is our fault', async () => {
    const traceId = newTrace()
    await traced(() => logIn('wrong', { traceparent: parentOf(traceId) }))
    expect(serverSpans(traceId)).toMatchObject([
      {
        attributes: { 'http.response.status_code': 401, 'problem.code': 'invalid_credentials' },
        status: { code: 0 },
      },
    ])
  })

  test('are named by the method alone where there is no route', async () => {
    const traceId = newTrace()
    await traced(() =>
      open.app.inject({ url: '/nobody@home.example', headers: { traceparent: parentOf(traceId) } }),
    )
    expect(serverSpans(traceId)).toMatchObject([{ name: 'GET' }])
    expect(JSON.stringify(collector.bodies)).not.toContain('home.example')
  })

  test('are recorded for some of the traces that begin here, and for none that their caller does not record', async () => {
    const some = { sampler: { name: 'parentbased_traceidratio', ratio: 0 } } as const
    const [recorded, unrecorded] = [newTrace(), newTrace()]
    const before = collector.spans.length
    await traced(async () => {
      await rightly()
      await rightly({ traceparent: parentOf(unrecorded, '00') })
      await rightly({ traceparent: parentOf(recorded) })
    }, some)
    expect(new Set(collector.spans.slice(before).map(({ traceId }) => traceId))).toEqual(new Set([recorded]))
  })

  test('a stranger puts nothing into others’ traces and has nothing recorded', async () => {
    const traceId = newTrace()
    await traced(
      () =>
        open.app.inject({
          url: '/api/v1/openapi.json',
          remoteAddress: '203.0.113.7',
          headers: { traceparent: parentOf(traceId) },
        }),
      { sampler: { name: 'parentbased_traceidratio', ratio: 0 } },
    )
    expect(collector.of(traceId)).toEqual([])
  })

  test('a flood of requests that ask to be recorded has a few of them recorded', async () => {
    const traces = Array.from({ length: 200 }, newTrace)
    const began = open.deps.monotonic()
    await traced(
      async () => {
        for (const traceId of traces)
          await open.app.inject({ url: '/api/v1/openapi.json', headers: { traceparent: parentOf(traceId) } })
      },
      { sampler: { name: 'parentbased_traceidratio', ratio: 0 } },
    )
    const seconds = Math.floor((open.deps.monotonic() - began) / 1_000) + 2
    const recorded = traces.filter((traceId) => serverSpans(traceId).length > 0)
    expect(recorded.length).toBeGreaterThan(0)
    expect(recorded.length).toBeLessThanOrEqual(Math.min(10 * seconds, traces.length))
  })

  test.each(['refuses', 'hangs'] as const)('harm nothing while the collector %s', async (manner) => {
    collector.manner = manner
    const answers: number[] = []
    const failures = await traced(async () => {
      for (let n = 0; n < 5; n += 1) answers.push((await rightly()).statusCode)
    })
    expect(answers).toEqual([200, 200, 200, 200, 200])
    expect(failures.length).toBeLessThanOrEqual(1)
  })

  test('harm nothing where nobody listens', async () => {
    const { tracing } = open.deps
    const failures: unknown[] = []
    await tracing.exportTo(telemetryTo('http://127.0.0.1:9'), recorder, (error) => failures.push(error))
    expect((await rightly()).statusCode).toBe(200)
    await tracing.close()
    tracing.record(nobody)
  })
})

function isWithin(child: CollectedSpan, parent: CollectedSpan | undefined): boolean {
  if (parent === undefined) return false
  return BigInt(child.startTimeUnixNano) >= BigInt(parent.startTimeUnixNano)
}
