import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { asking } from '@iam/testkit/http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { prepare, sendPrepared } from './prepared.ts'

const document = JSON.stringify({ keys: Array.from({ length: 9 }, (_, n) => ({ kid: `key ${n}` })) })
const cacheControl = 'public, max-age=300'

describe('a prepared answer', () => {
  const prepared = prepare(document, { type: 'application/json', cacheControl })
  const { identity, gzip, br = gzip } = prepared
  const server = createServer((request, response) => sendPrepared(prepared, request, response))
  const ask = asking(server)
  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
  afterAll(() => server.close())

  test.each([
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    ['deflate, zstd', undefined],
    ['brotli, gzipped, xbr', undefined],
    ['br;q=0, gzip; q=0.000', undefined],
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['deflate,gzip;q=0.5', 'gzip'],
    ['br;q=0,gzip', 'gzip'],
    ['br ; q=0.0 , gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br', 'br'],
    ['gzip, br;q=0.001', 'br'],
    ['gzip;q=1, \t Br ;q=0.1, deflate', 'br'],
  ])('to Accept-Encoding %j comes in encoding %j', async (accepted, encoding) => {
    const reply = await ask('/', accepted === undefined ? {} : { 'accept-encoding': accepted })
    expect(reply.status).toBe(200)
    expect(reply.headers['content-encoding']).toBe(encoding)
    expect(reply.headers.vary).toBe('accept-encoding')
    const decode = { br: brotliDecompressSync, gzip: gunzipSync, none: (bytes: Buffer) => bytes }
    expect(decode[encoding === 'br' || encoding === 'gzip' ? encoding : 'none'](reply.body).toString()).toBe(
      document,
    )
  })

  test.each([
    ['the tag itself', identity.etag, identity.etag],
    ['a weak one', `W/${identity.etag}`, identity.etag],
    ['one of a list', `"a", W/"b" ,${identity.etag}`, identity.etag],
    ['anything', ' * ', identity.etag],
    ['the tag of another encoding', gzip.etag, gzip.etag],
    ['all tags', [br.etag, gzip.etag, identity.etag].join(', '), identity.etag],
  ])('to If-None-Match with %s is 304 under that tag', async (_, tags, etag) => {
    const reply = await ask('/', { 'if-none-match': tags })
    expect(reply).toMatchObject({ status: 304, body: Buffer.alloc(0) })
    expect(reply.headers).toMatchObject({ etag, 'cache-control': cacheControl, vary: 'accept-encoding' })
    expect(reply.headers).not.toHaveProperty('content-type')
  })

  test('to a cache that has several encodings, is 304 under the tag of the one it asks for', async () => {
    const headers = { 'accept-encoding': 'gzip, br', 'if-none-match': [identity, gzip, br].map(tagOf).join() }
    expect(await ask('/', headers)).toMatchObject({ status: 304, headers: { etag: br.etag } })
  })

  test.each(['"other"', 'W/"other"', '""', '', identity.etag.slice(1, -1), identity.etag.toUpperCase()])(
    'to If-None-Match %s is the whole document',
    async (tags) => {
      expect(await ask('/', { 'if-none-match': tags })).toMatchObject({
        status: 200,
        headers: { etag: identity.etag },
      })
    },
  )

  test('to HEAD has the headers of GET and no body, whatever it is asked on condition of', async () => {
    for (const accepted of ['identity', 'gzip', 'br']) {
      const get = await ask('/', { 'accept-encoding': accepted })
      const head = await ask('/', { 'accept-encoding': accepted }, 'HEAD')
      const { date: _, ...told } = get.headers
      expect(head).toMatchObject({ status: 200, headers: told, body: Buffer.alloc(0) })
      expect(head.headers['content-length']).toBe(String(get.body.length))
    }
    expect(await ask('/', { 'if-none-match': identity.etag }, 'HEAD')).toMatchObject({ status: 304 })
  })

  test('is the same bytes, however many', async () => {
    const long = randomBytes(100_000)
    const sending = prepare(long, { type: 'application/octet-stream', cacheControl })
    const other = createServer((request, response) => sendPrepared(sending, request, response))
    await once(other.listen(0, '127.0.0.1'), 'listening')
    for (const [accepted, decode] of [
      ['identity', (bytes: Buffer) => bytes],
      ['gzip', gunzipSync],
      ['br', brotliDecompressSync],
    ] as const) {
      const { body, headers } = await asking(other)('/', { 'accept-encoding': accepted })
      expect(decode(body).equals(long)).toBe(true)
      expect(headers['content-length']).toBe(String(body.length))
    }
    other.close()
  })

  test('to a range is whole, and promises none', async () => {
    const reply = await ask('/', { range: 'bytes=0-3', 'if-range': identity.etag })
    expect(reply).toMatchObject({ status: 200, body: Buffer.from(document) })
    expect(reply.headers).not.toHaveProperty('content-range')
    expect(reply.headers).not.toHaveProperty('accept-ranges')
  })
})

function tagOf({ etag }: { readonly etag: string }): string {
  return etag
}
