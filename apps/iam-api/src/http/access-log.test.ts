import { setTimeout as sleep } from 'node:timers/promises'
import { HttpMetrics } from '@iam/platform/metrics'
import { Tracing } from '@iam/platform/telemetry'
import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import type { Deps } from '../deps.ts'
import { logRequests } from './access-log.ts'
import { traceRequests } from './trace-requests.ts'

test('tells each request’s outcome and how long it took, and leaves health checks out', async () => {
  const lines: Record<string, unknown>[] = []
  const app = fastify()
  const deps = {
    metrics: new HttpMetrics(),
    tracing: new Tracing(),
    monotonic: () => 0,
    project: 'p',
    log: { info: (fields: Record<string, unknown>) => lines.push(fields) },
  } as unknown as Deps
  traceRequests(app, deps, { trustedProxies: ['127.0.0.1/32'] })
  logRequests(app, deps)
  app.get('/slow/:id', async () => {
    await sleep(30)
    return 'done'
  })
  app.get('/health/live', async () => 'live')
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await app.inject({ url: '/slow/secret?token=secret', headers: { traceparent } })
  await app.inject('/health/live')
  await app.inject('/nowhere')
  expect(lines).toMatchObject([
    {
      method: 'GET',
      route: '/slow/:id',
      status: 200,
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      'logging.googleapis.com/trace': 'projects/p/traces/0af7651916cd43dd8448eb211c80319c',
      'logging.googleapis.com/trace_sampled': true,
    },
    { method: 'GET', route: 'none', status: 404 },
  ])
  expect(lines[0]?.['duration_ms']).toBeGreaterThan(25)
  expect(lines[1]?.['trace_id']).toMatch(/^[0-9a-f]{32}$/)
  expect(JSON.stringify(lines)).not.toContain('secret')
})
