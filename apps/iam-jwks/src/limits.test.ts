import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { asking } from '@iam/testkit/http'
import { afterEach, describe, expect, test } from 'vitest'
import { ServedKeySet } from './served-key-set.ts'
import { ServedStatusLists } from './served-status-lists.ts'
import { buildServer } from './server.ts'

describe('iam-jwks among strangers', () => {
  const open: Server[] = []
  afterEach(() => {
    for (const server of open.splice(0)) {
      server.closeAllConnections()
      server.close()
    }
  })

  async function listening(patience?: number): Promise<Server> {
    const settings = { env: 'test', issuer: '', anchors: [], endorsementAnchors: [], floor: {}, maxAge: 300 }
    const served = new ServedKeySet(settings, {
      taken: () => undefined,
      refused: () => undefined,
      unpinned: () => undefined,
      aged: () => undefined,
    })
    const statusLists = new ServedStatusLists({
      issuer: '',
      keySet: served,
      read: async () => undefined,
      now: () => new Date(),
      refused: () => undefined,
    })
    const server = buildServer({ keySet: served, statusLists }, patience)
    open.push(server)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return server
  }

  /** A connection, and all that comes over it until the server closes it. */
  async function connection(server: Server): Promise<{ socket: Socket; said: Promise<string> }> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    let heard = ''
    socket.setEncoding('utf8').on('data', (text: string) => (heard += text))
    const said = once(socket, 'close').then(() => heard)
    await once(socket, 'connect')
    return { socket, said }
  }

  test.each([
    ['nothing at all', ''],
    ['half of its headers', 'GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\n'],
  ])('lets nobody stay who sends %s', async (_, sent) => {
    const { socket, said } = await connection(await listening(200))
    if (sent !== '') socket.write(sent)
    expect(await said).toContain('408 Request Timeout')
  })

  test('lets nobody stay who does not end a body, which nothing here has use for', async () => {
    const { socket, said } = await connection(await listening(200))
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx')
    expect(await said).toContain('405 Method Not Allowed')
  })

  test('takes eight kilobytes of headers and no more', async () => {
    const ask = asking(await listening())
    expect(await ask('/health/live', { 'x-long': 'x'.repeat(7 * 1024) })).toMatchObject({ status: 200 })
    expect(await ask('/health/live', { 'x-long': 'x'.repeat(9 * 1024) })).toMatchObject({ status: 431 })
    expect(await ask(`/${'x'.repeat(9 * 1024)}`)).toMatchObject({ status: 431 })
  })

  test('takes no more connections than it has room for, and again when some are gone', async () => {
    const server = await listening()
    server.maxConnections = 2
    const held = [await connection(server), await connection(server)]
    const { said } = await connection(server)
    expect(await said).toBe('')
    held[0]?.socket.destroy()
    await expect
      .poll(() => asking(server)('/health/live').catch(() => undefined))
      .toMatchObject({ status: 200 })
  })

  test('answers whatever is not there with the same bytes, and remembers none of it', async () => {
    const ask = asking(await listening())
    const known = await ask('/nothing')
    for (const path of [
      '/.well-known/jwks/x.json',
      '/.well-known/jwks/__proto__.json',
      '/%00',
      '/a?b=c',
      '*',
    ]) {
      const reply = await ask(path)
      expect(reply).toMatchObject({ status: 404, body: known.body })
      expect(reply.headers).toMatchObject({ 'cache-control': 'public, max-age=10' })
      expect(reply.headers).not.toHaveProperty('set-cookie')
    }
  })
})
