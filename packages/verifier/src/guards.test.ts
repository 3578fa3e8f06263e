import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StandInIssuer } from '@iam/testkit/issuer'
import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessOf, createVerifier, fastifyGuard, nodeGuard, type Verifier } from './index.ts'

/** A service that tells a caller who they are. */
interface Service {
  readonly url: string
  readonly close: () => Promise<unknown>
}

async function onFastify(verifier: Verifier): Promise<Service> {
  const app = fastify()
  app.addHook('onRequest', fastifyGuard(verifier))
  app.get('/me', (request) => ({ subject: accessOf(request).subject }))
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() }
}

async function onNode(verifier: Verifier): Promise<Service> {
  const admit = nodeGuard(verifier)
  const server = createServer((request, response) => {
    void admit(request, response).then((isIn) => {
      if (isIn) response.end(JSON.stringify({ subject: accessOf(request).subject }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: async () => server.close() }
}

describe.each([
  ['Fastify', onFastify],
  ['node:http', onNode],
])('the guard of a service on %s', (_name, start) => {
  let issuer: StandInIssuer
  let service: Service
  beforeAll(async () => {
    issuer = await StandInIssuer.open()
    const options = {
      issuer: issuer.url,
      audience: 'https://api.example',
      tenants: 'any',
      now: issuer.now,
    } as const
    service = await start(createVerifier(options))
  })
  afterAll(async () => {
    await service.close()
    issuer.close()
  })

  const ask = async (authorization?: string) => {
    const response = await fetch(`${service.url}/me`, { headers: authorization ? { authorization } : {} })
    return { status: response.status, headers: response.headers, body: (await response.json()) as object }
  }

  test('says that the keys are away, and when to come back', async () => {
    issuer.instead = (response) => void response.writeHead(500).end()
    const { status, headers } = await ask(`Bearer ${issuer.mint()}`)
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
    issuer.instead = undefined
    issuer.time += 1_000
  })

  test.each(['Bearer', 'bearer', 'BEARER'])('lets in who has a good token, named %s', async (scheme) => {
    expect(await ask(`${scheme} ${issuer.mint()}`)).toMatchObject({ status: 200, body: { subject: 'usr_1' } })
  })

  test.each([
    ['nothing', undefined, 'Bearer'],
    ['another scheme', 'Basic YTpi', 'Bearer'],
    ['two tokens', 'Bearer a.b.c d', 'Bearer'],
    ['a token that is none', 'Bearer x', 'Bearer error="invalid_token"'],
  ])('answers 401 to %s, without saying what was wrong', async (_what, authorization, challenge) => {
    const { status, headers, body } = await ask(authorization)
    expect([status, headers.get('www-authenticate')]).toEqual([401, challenge])
    expect(headers.get('content-type')).toContain('application/problem+json')
    expect(Object.keys(body)).toEqual(['type', 'title', 'status'])
  })
})

test('a route without its guard is a fault, and no request of somebody', () => {
  expect(() => accessOf({})).toThrow('guard')
})
