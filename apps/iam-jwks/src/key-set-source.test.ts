import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { readIfThere, readSource } from './key-set-source.ts'

describe('the source of the key set', () => {
  const servers: Server[] = []
  afterAll(() => {
    for (const server of servers) server.closeAllConnections()
  })

  async function serving(listener: RequestListener): Promise<URL> {
    const server = createServer(listener).listen(0, '127.0.0.1').unref()
    servers.push(server)
    await once(server, 'listening')
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.jwt`)
  }

  test('is read whole, whatever pieces it comes in', async () => {
    const source = await serving((_, response) => {
      const text = Buffer.from('schlüssel')
      response.write(text.subarray(0, 5))
      setTimeout(() => response.end(text.subarray(5)), 10)
    })
    expect(await readSource(source)).toBe('schlüssel')
  })

  test.each([
    ['an error', 500],
    ['a redirect', 302],
  ])('is refused when it answers with %s', async (_, status) => {
    const source = await serving((_, response) => response.writeHead(status, { location: '/other' }).end('x'))
    await expect(readSource(source)).rejects.toThrow(`The object store answered ${status}.`)
  })

  test('is refused when it is not there, and none where there may be none', async () => {
    const source = await serving((_, response) => response.writeHead(404).end('x'))
    await expect(readSource(source)).rejects.toThrow('The object store has no such document.')
    expect(await readIfThere(source)).toBeUndefined()
    expect(await readIfThere(new URL('file:///nowhere/at-all'))).toBeUndefined()
  })

  test('is refused when it does not end, and not kept reading', async () => {
    let closed = false
    const source = await serving((_, response) => {
      const pour = setInterval(() => response.write(Buffer.alloc(256 * 1024)), 1)
      response.on('close', () => {
        clearInterval(pour)
        closed = true
      })
    })
    await expect(readSource(source)).rejects.toThrow('too large')
    await expect.poll(() => closed).toBe(true)
  })

  test.concurrent.each<[string, RequestListener]>([
    ['says nothing', () => undefined],
    ['stops in the middle', (_, response) => void response.write('x')],
  ])('is given up when it %s', async (_, listener) => {
    await expect(readSource(await serving(listener))).rejects.toThrow(/abort/i)
  })

  test('is refused when nobody is there', async () => {
    await expect(readSource(new URL('http://127.0.0.1:9/jwks.jwt'))).rejects.toThrow('ECONNREFUSED')
  })
})
