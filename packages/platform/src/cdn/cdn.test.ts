import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testCdn } from './cdn.conformance.ts'
import { cloudCdn } from './cloud-cdn.ts'
import { MemoryCdn, openCdn } from './index.ts'

const operation = { kind: 'compute#operation', operationType: 'invalidateCache', status: 'PENDING' }

/** Compute Engine's API, as far as it is asked. */
class StandIn {
  readonly asked: { url: string | undefined; authorization: string | undefined; body: unknown }[] = []
  instead: ((response: ServerResponse) => void) | undefined
  readonly server = createServer((request, response) => {
    void text(request).then((body) => {
      if (this.instead !== undefined) return this.instead(response)
      const { url, headers } = request
      this.asked.push({ url, authorization: headers.authorization, body: JSON.parse(body) as unknown })
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(operation))
    })
  })

  async open(): Promise<string> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
  }
}

describe('the CDN in memory', () => {
  testCdn(async () => {
    const cdn = new MemoryCdn()
    const setAway = (isAway: boolean) => (cdn.isAway = isAway)
    return { cdn, purged: () => cdn.purged, setAway, close: async () => undefined }
  })
})

describe('Cloud CDN', () => {
  testCdn(async () => {
    const standIn = new StandIn()
    const cdn = openCdn({ url: 'cloud-cdn://p/m', host: 'id.example', endpoint: await standIn.open() })
    if (cdn === undefined) throw new Error('There is none.')
    return {
      cdn,
      purged: () => standIn.asked.map(({ body }) => (body as { path: string }).path),
      setAway: (isAway) =>
        (standIn.instead = isAway ? (response) => void response.writeHead(503).end() : undefined),
      close: () => standIn.close(),
    }
  })

  const standIn = new StandIn()
  let endpoint = ''
  beforeAll(async () => {
    endpoint = await standIn.open()
  })
  afterAll(() => standIn.close())
  const cdn = (answerWithin?: number) =>
    cloudCdn({
      project: 'iam-prod',
      urlMap: 'front',
      host: 'id.example.com',
      endpoint,
      authorize: async () => new Headers({ authorization: 'Bearer of the worker' }),
      ...(answerWithin === undefined ? {} : { answerWithin }),
    })

  test('is asked as urlMaps.invalidateCache, for the host, by whoever the process is', async () => {
    await cdn().purge(['/.well-known/jwks.json'])
    expect(standIn.asked).toEqual([
      {
        url: '/compute/v1/projects/iam-prod/global/urlMaps/front/invalidateCache',
        authorization: 'Bearer of the worker',
        body: { host: 'id.example.com', path: '/.well-known/jwks.json' },
      },
    ])
  })

  const failed = { ...operation, error: { errors: [{ code: 'RESOURCE_NOT_FOUND' }] } }
  test.each<[string, (response: ServerResponse) => unknown]>([
    ['refuses', (response) => response.writeHead(403).end('{}')],
    ['has too much to do', (response) => response.writeHead(429).end('{}')],
    ['sends somewhere else', (response) => response.writeHead(302, { location: '/x' }).end()],
    ['hangs up', (response) => response.destroy()],
    ['says nothing that is known', (response) => response.writeHead(200).end('<html>')],
    ['answers with something else', (response) => response.writeHead(200).end('{"kind":"compute#urlMap"}')],
    ['answers with a failed operation', (response) => response.writeHead(200).end(JSON.stringify(failed))],
    ['answers endlessly', (response) => response.writeHead(200).end(Buffer.alloc(2 ** 20, ' '))],
  ])('is not taken at its word when it %s', async (_what, instead) => {
    standIn.instead = (response) => void instead(response)
    await expect(cdn().purge(['/x'])).rejects.toBeInstanceOf(Error)
    standIn.instead = undefined
  })

  test('is given up when it does not answer', async () => {
    standIn.instead = () => undefined
    await expect(cdn(100).purge(['/x'])).rejects.toThrow(/timeout|aborted/i)
    standIn.instead = undefined
  })

  test('is off where nothing is named, and must be named whole', () => {
    expect(openCdn({ url: 'off', host: 'id.example' })).toBeUndefined()
    for (const url of ['', 'cloud-cdn://project', 'cloud-cdn://p/m/x', 'fastly://x/y'])
      expect(() => openCdn({ url, host: 'id.example' })).toThrow('names no CDN')
  })
})
