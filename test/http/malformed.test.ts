import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { problemKinds } from '@iam/iam-api/problem-codes'
import { logIn } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'

type Code = keyof typeof problemKinds

describe('a request that cannot be read', () => {
  let open: TestApp
  beforeAll(async () => {
    open = await openApp()
    await open.app.listen({ host: '127.0.0.1', port: 0 })
  })
  afterAll(() => open.close())

  /** Everything that comes back for some bytes until the connection ends. */
  async function send(bytes: string): Promise<{ head: string; body: string }> {
    const socket = connect((open.app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.write(bytes)
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
    return { head, body }
  }

  function expectProblem({ head, body }: { head: string; body: string }, code: Code) {
    const { status, title, retriable } = problemKinds[code]
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(head).toContain('content-type: application/problem+json')
    expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`)
    const problem = JSON.parse(body) as Record<string, unknown>
    expect(problem).toMatchObject({ code, status, title, retriable })
    expect(problem['type']).toBe(`https://id.example.test/api/v1/errors#${code}`)
    expect(problem['traceId']).toMatch(/^[0-9a-f]{32}$/)
    expect(head).toContain(`x-request-id: ${String(problem['requestId'])}`)
    expect(JSON.stringify(open.logged.at(-1))).toContain(String(problem['requestId']))
    return String(problem['detail'])
  }

  test.each([
    ['no HTTP', 'NONSENSE\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['a space in a header’s name', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n'],
  ])('is answered 400 when it is %s', async (_what, bytes) => {
    expect(expectProblem(await send(bytes), 'invalid_request')).toContain('HTTP')
  })

  test('is answered 431 when its headers are too large', async () => {
    const bytes = `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${'x'.repeat(17_000)}\r\n\r\n`
    expectProblem(await send(bytes), 'headers_too_large')
  })

  test('is answered 408 when it does not arrive in time', async () => {
    const { server } = open.app
    server.once('connection', (socket) => {
      // What Node itself says when it looks for late requests, which it does twice a minute.
      const late = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
      setImmediate(() => server.emit('clientError', late, socket))
    })
    expectProblem(await send('POST / HTTP/1.1\r\n'), 'request_timeout')
  })

  test('is no fault of a dependency when its caller hangs up half-way', async () => {
    const from = open.logged.length
    const socket = connect((open.app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.write('POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\n')
    socket.write('Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"email"', () =>
      socket.destroy(),
    )
    const lines = () => open.logged.slice(from)
    await expect.poll(lines).not.toEqual([])
    await sleep(100) // for what is found out after the connection's end
    expect(lines().map((line) => line['severity'])).not.toContain('WARNING')
  })

  test('has no body when a proxy announced chunks and none came', async () => {
    const { accessToken } = await logIn(open.world)
    const head = `Host: x\r\nAuthorization: Bearer ${accessToken}\r\nConnection: close\r\nTransfer-Encoding: chunked`
    const answer = await send(`POST /api/v1/auth/logout HTTP/1.1\r\n${head}\r\n\r\n0\r\n\r\n`)
    expect(answer.head).toMatch(/^HTTP\/1.1 204 /)
    const login = 'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nX-Tenant-Id: acme\r\nConnection: close\r\n'
    expectProblem(await send(`${login}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`), 'invalid_request')
    const text = `${login}Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`
    expectProblem(await send(text), 'unsupported_media_type')
  })

  test('is told what is wrong with its path, which is not its body', async () => {
    for (const url of ['/api/v1/%', '/api/v1/%ff', '/%zz?x=1']) {
      const response = await open.app.inject({ url })
      expect(response.statusCode).toBe(400)
      const { code, detail } = response.json<{ code: string; detail: string }>()
      expect(code).toBe('invalid_request')
      expect(detail).toContain('path')
    }
  })

  test.each([
    '{"email":"ada@acme.example","password":"x","password":"correct horse battery staple"}',
    '{"email":"ada@acme.example","password":"x","p\\u0061ssword":"correct horse battery staple"}',
  ])('C237: a member named twice is refused: %s', async (payload) => {
    const response = await open.app.inject({
      method: 'POST',
      url: '/api/v1/auth/login',
      headers: { 'content-type': 'application/json', 'x-tenant-id': 'acme' },
      payload,
    })
    expect(response.statusCode).toBe(400)
    expect(response.json()).toMatchObject({
      code: 'invalid_request',
      detail: 'An object in the body names a member twice.',
    })
  })
})
