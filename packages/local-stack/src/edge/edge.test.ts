import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../ports/index.ts'
import { type Edge, type EdgePorts, startEdge } from './index.ts'

interface Seen {
  by: 'api' | 'jwks'
  request: IncomingMessage
  body: string
}

describe('the edge', () => {
  let ports: EdgePorts
  let edge: Edge
  let servers: Server[]
  let seen: Seen[]

  beforeEach(async () => {
    seen = []
    ports = { edge: await freePort(), api: await freePort(), jwks: await freePort() }
    servers = await Promise.all([upstream('api', ports.api), upstream('jwks', ports.jwks)])
    edge = await startEdge(ports)
  })
  afterEach(() => {
    edge.close()
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
  })

  it('sends well-known documents to iam-jwks, and everything else, with what tenants publish, to iam-api', async () => {
    const paths = ['/.well-known/jwks.json', '/api/v1/users?x=1', '/', '/.well-knowning']
    for (const path of [...paths, '/.well-known/webauthn', '/.well-known/webauthn/x']) await ask(path)

    expect(seen.map(({ by, request }) => `${by} ${request.url}`)).toEqual([
      'jwks /.well-known/jwks.json',
      'api /api/v1/users?x=1',
      'api /',
      'api /.well-knowning',
      'api /.well-known/webauthn',
      'jwks /.well-known/webauthn/x',
    ])
  })

  it('C177: as a program, says that it is ready and nothing of what passes through it', async () => {
    edge.close()
    const dead = await freePort()
    const flags = { port: ports.edge, api: ports.api, jwks: dead }
    const program = spawn(process.execPath, [
      new URL('main.ts', import.meta.url).pathname,
      ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ])
    const printed = Promise.all([text(program.stdout), text(program.stderr)])
    const exited = once(program, 'exit')
    await expect
      .poll(
        () =>
          ask('/').then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true)
    const canary = 'canary-of-a-token'
    const headers = { authorization: `Bearer ${canary}`, cookie: `session=${canary}` }
    for (const path of ['/t/acme/reset-password', '/.well-known/nowhere'])
      await ask(`${path}?token=${canary}`, { method: 'POST', headers, body: canary })
    program.kill('SIGTERM')
    await exited
    const [out, err] = await printed
    expect(JSON.parse(out)).toEqual({ ready: true, port: ports.edge })
    expect(err).not.toContain(canary)
  })

  it('answers on both loopback addresses', async () => {
    expect((await fetch(`http://127.0.0.1:${ports.edge}/`)).status).toBe(200)
    expect((await fetch(`http://[::1]:${ports.edge}/`)).status).toBe(200)
  })

  it('says itself where a request comes from, whatever the client claims', async () => {
    await ask('/', {
      headers: {
        forwarded: 'for=203.0.113.9',
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-client-cert': 'Hash=00',
        'x-real-ip': '203.0.113.9',
        'x-client-region': 'QA',
        x_forwarded_for: '203.0.113.9',
        'x-request-note': 'kept',
      },
    })

    const headers = seen[0]?.request.headers
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `127.0.0.1:${ports.edge}`,
      'x-request-note': 'kept',
    })
    expect(JSON.stringify(headers)).not.toMatch(/203\.0\.113|evil|QA|Hash/)
  })

  it('passes the trace context on', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await ask('/', { headers: { traceparent } })

    expect(seen[0]?.request.headers.traceparent).toBe(traceparent)
  })

  it('passes bodies on, with or without a declared length', async () => {
    await ask('/', { method: 'POST', body: 'declared' })
    await ask('/', { method: 'POST', body: new Blob(['streamed']).stream(), duplex: 'half' })

    expect(seen.map(({ body }) => body)).toEqual(['declared', 'streamed'])
  })

  it('keeps the body of a GET from becoming a request of its own', async () => {
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
    await raw(
      `GET /first HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n` +
        `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    )
    await ask('/second')

    expect(seen.map(({ request }) => request.url)).toEqual(['/first', '/second'])
    expect(seen[0]?.body).toBe(smuggled)
  })

  it('drops headers that a request or an answer declares to concern the connection only', async () => {
    const answer = await raw(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: close, x-secret\r\nX-Secret: 1\r\n\r\n',
    )

    expect(seen[0]?.request.headers['x-secret']).toBeUndefined()
    expect(answer).not.toContain('X-Hop')
    expect(answer).toContain('X-Kept: yes')
  })

  it('answers 502 with a problem document when the process behind it is down, and 200 once it is back', async () => {
    servers[0]?.close()
    servers[0]?.closeAllConnections()

    const refused = await ask('/', { method: 'POST', body: 'x'.repeat(100_000) })
    expect(refused.status).toBe(502)
    expect(refused.headers.get('content-type')).toBe('application/problem+json')
    expect(await refused.json()).toMatchObject({
      status: 502,
      detail: 'iam-api does not answer: its log says why.',
    })

    servers[0] = await upstream('api', ports.api)
    expect((await ask('/')).status).toBe(200)
  })

  it('breaks off an answer that the process behind it did not finish', async () => {
    const answer = await ask('/half')

    await expect(answer.text()).rejects.toThrow('terminated')
  })

  it('ends the onward request when the client goes away', async () => {
    const abort = new AbortController()
    const asked = ask('/never', { signal: abort.signal }).catch(() => {})
    await expect.poll(() => seen.length).toBe(1)
    const onward = seen[0]?.request.socket

    abort.abort()

    await expect.poll(() => onward?.destroyed).toBe(true)
    await asked
  })

  it('refuses a request target that is not a path', async () => {
    expect(await raw('GET http://evil.example/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400 /,
    )
    expect(seen).toEqual([])
  })

  it('refuses a port that is taken', async () => {
    await expect(startEdge(ports)).rejects.toThrow('EADDRINUSE')
  })

  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${ports.edge}${path}`, init)
  }

  /** Sends bytes as they are and returns everything that comes back. */
  async function raw(bytes: string): Promise<string> {
    const socket = connect(ports.edge, '127.0.0.1')
    socket.write(bytes)
    return text(socket)
  }

  async function upstream(by: 'api' | 'jwks', port: number): Promise<Server> {
    const server = createServer((request, response) => void answer(by, request, response)).listen(
      port,
      '127.0.0.1',
    )
    await once(server, 'listening')
    return server
  }

  async function answer(
    by: 'api' | 'jwks',
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await text(request)
    seen.push({ by, request, body })
    if (request.url === '/never') return
    response.writeHead(200, ['Connection', 'X-Hop', 'X-Hop', '1', 'X-Kept', 'yes'])
    response.write('half', () => (request.url === '/half' ? response.destroy() : response.end('whole')))
  }
})
