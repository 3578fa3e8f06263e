import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Stack, startStack } from '@iam/local-stack/stack'
import { createVerifier, TokenRefused, type Verifier } from '@iam/verifier'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { logIn, post } from '../support/client.ts'
import { NginxCache } from '../support/nginx-cache.ts'

const program = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

/** What is promised: from the commit that ends a session to the last service that refuses its tokens, in milliseconds. */
const bound = 60_000

/** A service that verifies by itself, far away behind a shared cache, with everything set as in production. */
describe('from revoke to refusal', () => {
  let stack: Stack
  let cdn: NginxCache
  let verifier: Verifier
  beforeAll(async () => {
    stack = await startStack()
    cdn = await NginxCache.start(stack.state.jwks.url)
    const { issuer } = stack.state
    const keySetUrl = `${cdn.url}/.well-known/jwks.json`
    verifier = createVerifier({ issuer, audience: issuer, tenants: 'any', keySetUrl, status: 'required' })
  })
  afterAll(async () => {
    await cdn.stop()
    await stack.stop()
  })

  const outcome = (token: string): Promise<string> =>
    verifier.verify(token).then(
      () => 'taken',
      (error: unknown) => (error instanceof TokenRefused ? error.reason : 'unavailable'),
    )
  const untilTaken = (token: string) =>
    expect.poll(() => outcome(token), { timeout: 120_000, interval: 250 }).toBe('taken')

  test('a session that ends is refused by services within a minute, and another one goes on', async () => {
    const { state } = stack
    const [ended, other] = [await logIn(state), await logIn(state)]
    await untilTaken(ended.accessToken)
    await untilTaken(other.accessToken)
    const authorization = `Bearer ${ended.accessToken}`
    expect((await post(state.issuer, '/auth/logout', {}, { authorization })).status).toBe(204)
    const from = performance.now()
    await expect.poll(() => outcome(ended.accessToken), { timeout: bound, interval: 250 }).toBe('revoked')
    process.stdout.write(`revoked to refused: ${((performance.now() - from) / 1000).toFixed(1)} s\n`)
    expect(await outcome(other.accessToken)).toBe('taken')
  })

  test('C24: so are tokens by a key that is given up, before any cache of the key set has run out', async () => {
    const { state } = stack
    const { accessToken } = await logIn(state)
    await untilTaken(accessToken)
    const header = Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString()
    const { kid } = JSON.parse(header) as { kid: string }
    const env = { ...process.env, ...stack.operatorVariables }
    await promisify(execFile)(process.execPath, [program, 'keys', 'compromise', kid], { env })
    const from = performance.now()
    await expect.poll(() => outcome(accessToken), { timeout: bound, interval: 250 }).toBe('unknown_key')
    process.stdout.write(`given up to refused: ${((performance.now() - from) / 1000).toFixed(1)} s\n`)
    const after = await logIn(state)
    await untilTaken(after.accessToken)
  })
})
