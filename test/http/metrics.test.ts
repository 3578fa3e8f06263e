import { HttpMetrics, kmsFamilies } from '@iam/platform/metrics'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'

describe('metrics', () => {
  let open: TestApp
  beforeAll(async () => {
    open = await openApp()
  })
  afterAll(() => open.close())

  const text = () => open.deps.metrics.text()
  const value = async (line: string) => {
    const found = (await text()).split('\n').find((each) => each.startsWith(`${line} `))
    return Number(found?.slice(line.length + 1) ?? 0)
  }

  test('count requests by route, never by path, and problems by code', async () => {
    const { demo } = open.world
    const [{ email }] = demo.tenants
    const logIn = (password: string) =>
      open.app.inject({
        method: 'POST',
        url: '/api/v1/auth/login',
        headers: { 'x-tenant-id': 'acme' },
        payload: { email, password },
      })
    expect((await logIn(demo.password)).statusCode).toBe(200)
    expect((await logIn('wrong')).statusCode).toBe(401)
    const of = (status: number) =>
      value(
        `http_server_request_duration_seconds_count{http_request_method="POST",http_route="/api/v1/auth/login",http_response_status_code="${status}"}`,
      )
    await expect.poll(() => of(200)).toBe(1)
    await expect.poll(() => of(401)).toBe(1)
    expect(
      await value('iam_problems_total{http_route="/api/v1/auth/login",code="invalid_credentials"}'),
    ).toBe(1)
  })

  test('hold nothing that a stranger or a person typed, and take no more room for it', async () => {
    const before = (await text()).split('\n').length
    for (let n = 0; n < 50; n += 1) {
      await open.app.inject({ url: `/canary-${n}/user@canary.example?token=canary` })
      await open.app.inject({ url: `/t/canary-${n}/sign-in`, headers: { accept: 'text/html' } })
    }
    const all = await text()
    expect(all).not.toContain('canary')
    expect(all).toContain('http_route="none"')
    expect(all.split('\n').length).toBeLessThan(before + 60)
  })

  test('leave health checks out, and are not to be had where everybody may ask', async () => {
    await open.app.inject({ url: '/health/live' })
    expect(await text()).not.toContain('/health')
    expect((await open.app.inject({ url: '/metrics' })).statusCode).toBe(404)
  })

  test('tell what is asked of KMS, as it stands when they are asked', async () => {
    const metrics = new HttpMetrics()
    const numbers = {
      calls: { 'Decrypt OK': 3, 'Decrypt UNAVAILABLE': 1 },
      retries: { Decrypt: 1 },
      latency: { Decrypt: { sum: 250, longest: 200 } },
      breakers: { Decrypt: 'open', Encrypt: 'closed' },
      operations: { 'HSM AsymmetricSign': 2 },
      versions: {},
    }
    for (const family of kmsFamilies({ numbers: () => numbers })) metrics.also(family)
    const lines = (await metrics.text()).split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        'iam_kms_calls_total{method="Decrypt",outcome="OK"} 3',
        'iam_kms_calls_total{method="Decrypt",outcome="UNAVAILABLE"} 1',
        'iam_kms_retries_total{method="Decrypt"} 1',
        'iam_kms_call_seconds_total{method="Decrypt"} 0.25',
        'iam_kms_breaker_open{method="Decrypt"} 1',
        'iam_kms_breaker_open{method="Encrypt"} 0',
        'iam_kms_operations_total{protection_level="HSM",method="AsymmetricSign"} 2',
        '# TYPE iam_kms_calls_total counter',
        '# TYPE iam_kms_breaker_open gauge',
      ]),
    )
    numbers.calls['Decrypt OK'] = 4
    expect(await metrics.text()).toContain('iam_kms_calls_total{method="Decrypt",outcome="OK"} 4\n')
  })
})
