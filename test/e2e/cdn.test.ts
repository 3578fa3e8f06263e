import { randomBytes } from 'node:crypto'
import { type Stack, startStack } from '@iam/local-stack/stack'
import { createVerifier, type Verifier } from '@iam/verifier'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { logIn } from '../support/client.ts'
import { NginxCache } from '../support/nginx-cache.ts'

/** Services that verify by themselves, and reach the key set through a shared cache. */
describe('the key set behind a CDN', () => {
  let stack: Stack
  let cdn: NginxCache
  beforeAll(async () => {
    stack = await startStack()
    cdn = await NginxCache.start(stack.state.jwks.url)
  })
  afterAll(async () => {
    await cdn.stop()
    await stack.stop()
  })

  const keySetUrl = () => `${cdn.url}/.well-known/jwks.json`
  const ours = (): Verifier => {
    const { issuer } = stack.state
    // Status lists have a test of their own; here the questions for keys are counted.
    const service = { issuer, audience: issuer, tenants: 'any', status: 'off' } as const
    return createVerifier({ ...service, keySetUrl: keySetUrl() })
  }
  const stock = () => {
    const keys = createRemoteJWKSet(new URL(keySetUrl()))
    return { verify: (token: string) => jwtVerify(token, keys, { issuer: stack.state.issuer }) }
  }
  const isRefused = (verifier: { verify(token: string): Promise<unknown> }, token: string) =>
    verifier.verify(token).then(
      () => false,
      () => true,
    )
  /** A verifier waits for the key set for five seconds only, and asks again for the next token. */
  const untilVerified = (verifier: Parameters<typeof isRefused>[0], token: string) =>
    expect.poll(() => isRefused(verifier, token), { timeout: 60_000 }).toBe(false)

  test('C6: ten thousand tokens with made-up keys cost the CDN some questions, and the origin one', async () => {
    const { accessToken } = await logIn(stack.state)
    const verifiers = [ours(), stock()]
    for (const verifier of verifiers) await untilVerified(verifier, accessToken)
    const [, payload = ''] = accessToken.split('.')
    const madeUp = Array.from({ length: 10_000 }, () => {
      const header = { alg: 'ES256', typ: 'at+jwt', kid: randomBytes(32).toString('base64url') }
      const signature = randomBytes(64).toString('base64url')
      return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`
    })
    for (const verifier of verifiers) {
      const refused = await Promise.all(madeUp.map((token) => isRefused(verifier, token)))
      expect(refused.filter((is) => !is)).toEqual([])
    }
    const answered = cdn.answered()
    expect(answered.length).toBeLessThan(20)
    expect(answered.filter((how) => how !== 'HIT' && how !== 'STALE')).toEqual(['MISS'])
  })

  test('verification goes on with everything behind the CDN gone, also for a service that starts then', async () => {
    const { accessToken } = await logIn(stack.state)
    const running = [ours(), stock()]
    for (const verifier of running) await untilVerified(verifier, accessToken)
    const behind = ['iam-api', 'iam-worker', 'iam-jwks', 'postgres', 'redis', 'google', 'storage'] as const
    for (const name of behind) await stack.program(name).kill()
    for (const verifier of [...running, ours(), stock()])
      await expect.poll(() => isRefused(verifier, accessToken), { timeout: 60_000 }).toBe(false)
  })
})
