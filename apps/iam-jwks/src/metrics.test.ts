import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asking } from '@iam/testkit/http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { metricsText } from './metrics.ts'
import { RequestCounts } from './request-counts.ts'

describe('the metrics of iam-jwks', () => {
  const requests = new RequestCounts()
  const statuses: Record<string, number> = { '/.well-known/jwks.json': 200, '/health/live': 200 }
  let server: Server
  beforeAll(async () => {
    server = createServer((request, response) => response.writeHead(statuses[request.url ?? ''] ?? 404).end())
    requests.follow(server)
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    expect((server.address() as AddressInfo).port).toBeGreaterThan(0)
  })
  afterAll(() => new Promise((closed) => server.close(closed)))

  const text = () => metricsText(requests, undefined, new Date())
  const counted = (route: string, status: number, method = 'GET') =>
    `http_server_request_duration_seconds_count{http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"}`

  test('count requests by what they ask for, never by what a stranger writes, and leave health out', async () => {
    const ask = asking(server)
    for (let n = 0; n < 3; n += 1) await ask('/.well-known/jwks.json')
    await ask('/.well-known/jwks/canary.json')
    await ask('/.well-known/status-lists/canary?token=canary')
    await ask('/canary', { cookie: 'canary' }, 'DELETE')
    await ask('/health/live')
    await expect.poll(text).toContain(`${counted('/.well-known/jwks.json', 200)} 3\n`)
    await expect.poll(text).toContain(`${counted('/.well-known/jwks/{kid}.json', 404)} 1\n`)
    await expect.poll(text).toContain(`${counted('/.well-known/status-lists/{id}', 404)} 1\n`)
    await expect.poll(text).toContain(`${counted('none', 404, '_OTHER')} 1\n`)
    expect(text()).not.toMatch(/canary|health/)
  })

  test('have buckets that add up', () => {
    const of = (end: string) =>
      text()
        .split('\n')
        .filter(
          (line) => line.startsWith(`http_server_request_duration_seconds_${end}`) && line.includes('200"'),
        )
        .map((line) => Number(line.split(' ').at(-1)))
    const buckets = of('bucket')
    expect(buckets).toEqual(buckets.toSorted((a, b) => a - b))
    expect(buckets.at(-1)).toBe(of('count')[0])
  })

  test('tell how old the key set is, and that there is none', () => {
    expect(text()).toContain('iam_jwks_key_set_held 0\n')
    const status = {
      version: 1,
      issuedAt: '2026-11-22T00:00:00Z',
      expiresAt: '2026-11-22T01:00:00Z',
      ageSeconds: 60,
      freshness: 'fresh',
      expired: false,
      keys: 2,
      anchor: '',
    } as const
    const told = metricsText(requests, status, new Date('2026-11-22T00:30:00Z')).split('\n')
    expect(told).toEqual(
      expect.arrayContaining([
        'iam_jwks_key_set_held 1',
        'iam_jwks_key_set_age_seconds 60',
        'iam_jwks_key_set_expires_in_seconds 1800',
        'iam_jwks_key_set_keys 2',
      ]),
    )
  })
})
