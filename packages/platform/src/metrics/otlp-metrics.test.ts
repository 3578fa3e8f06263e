import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { otlpMetrics } from './otlp-metrics.ts'
import { sendMetrics } from './send-metrics.ts'

const registry = new Registry()
const registers = [registry]
new Counter({ name: 'things_total', help: 'Things.', labelNames: ['kind'], registers }).inc(
  { kind: 'a "b"\\c\n' },
  3,
)
new Gauge({ name: 'depth', help: 'Depth.', registers }).set(-1.5)
const times = new Histogram({
  name: 'took_seconds',
  help: 'Time.',
  labelNames: ['route'],
  buckets: [0.1, 1],
  registers,
})
for (const seconds of [0.05, 0.5, 0.5, 7]) times.observe({ route: '/x' }, seconds)

const period = { startTimeUnixNano: '1000000000', timeUnixNano: '2000000000' }
const attributes = (pairs: Record<string, string>) =>
  Object.entries(pairs).map(([key, stringValue]) => ({ key, value: { stringValue } }))

test('what is asked for is what is sent: counters, gauges and histograms', async () => {
  const sent = otlpMetrics(await registry.metrics(), { 'service.name': 'x' }, { began: 1_000, now: 2_000 })
  expect(sent).toEqual({
    resourceMetrics: [
      {
        resource: { attributes: attributes({ 'service.name': 'x' }) },
        scopeMetrics: [
          {
            scope: { name: 'iam' },
            metrics: [
              {
                name: 'things_total',
                sum: {
                  aggregationTemporality: 2,
                  isMonotonic: true,
                  dataPoints: [{ ...period, attributes: attributes({ kind: 'a "b"\\c\n' }), asDouble: 3 }],
                },
              },
              { name: 'depth', gauge: { dataPoints: [{ ...period, attributes: [], asDouble: -1.5 }] } },
              {
                name: 'took_seconds',
                histogram: {
                  aggregationTemporality: 2,
                  dataPoints: [
                    {
                      ...period,
                      attributes: attributes({ route: '/x' }),
                      count: '4',
                      sum: 8.05,
                      bucketCounts: ['1', '2', '1'],
                      explicitBounds: [0.1, 1],
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  })
})

test('a collector that refuses is told again at the next turn, and the failure is told once', async () => {
  const failures: unknown[] = []
  const bodies: string[] = []
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      bodies.push(body)
      response.writeHead(bodies.length < 3 ? 503 : 200).end()
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const sending = sendMetrics({
    settings: {
      tracesUrl: undefined,
      metricsUrl: `http://127.0.0.1:${port}/v1/metrics`,
      sampler: { name: 'always_off', ratio: 0 },
      headers: {},
      timeout: 10_000,
      metricsInterval: 5,
      resource: {},
      serviceName: undefined,
    },
    recorder: { service: 'x', region: 'r', env: 'e' },
    read: () => registry.metrics(),
    onFailure: (error) => failures.push(String(error)),
  })
  await expect.poll(() => bodies.length).toBeGreaterThan(3)
  await sending?.stop()
  server.close()
  server.closeAllConnections()
  expect(failures).toEqual(['Error: The collector answered 503.'])
  expect(bodies[0]).toContain('things_total')
})
