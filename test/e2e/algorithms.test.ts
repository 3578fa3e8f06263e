import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Stack, startStack } from '@iam/local-stack/stack'
import { createVerifier, type Algorithm } from '@iam/verifier'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, checkSession, logIn, refresh, type Tokens } from '../support/client.ts'

const program = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
const variables = { IAM_SIGNING_ALGS: 'ES256,RS256,EdDSA' }

/** A deployment that signs with three algorithms, seen from outside. */
describe('which algorithm signs', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ adjust: (_program, environment) => ({ ...environment, ...variables }) })
  })
  afterAll(() => stack.stop())

  const iam = async (...args: string[]) => {
    const env = { ...process.env, ...stack.operatorVariables, ...variables }
    return promisify(execFile)(process.execPath, [program, ...args], { env })
  }
  const pin = (...args: string[]) =>
    iam('tenant', 'pin-algorithm', '--tenant', stack.state.tenant.slug, ...args)
  const algOf = ({ accessToken }: Tokens) => decodeProtectedHeader(accessToken).alg

  test('every line of a new deployment signs soon, and discovery names each', async () => {
    const { issuer } = stack.state
    const active = async () => {
      const { stdout } = await iam('keys', 'list', '--json')
      const keys = JSON.parse(stdout) as { purpose: string; alg: string; state: string }[]
      return keys
        .filter(({ purpose, state }) => purpose === 'token' && state === 'active')
        .map(({ alg }) => alg)
    }
    await expect
      .poll(async () => (await active()).toSorted(), { timeout: 60_000 })
      .toEqual(['ES256', 'EdDSA', 'RS256'])
    const { body } = await call(`${issuer}/.well-known/openid-configuration`)
    expect(body['id_token_signing_alg_values_supported']).toEqual(['ES256', 'RS256', 'EdDSA'])
  })

  test('a tenant’s tokens are signed with what it is pinned to, and every verifier takes them', async () => {
    const { issuer } = stack.state
    const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
    const taken = async (token: Tokens, alg: Algorithm) => {
      const options = { issuer, audience: issuer, tenants: 'any', algorithms: [alg] } as const
      expect(await createVerifier(options).verify(token.accessToken)).toMatchObject({
        tenantId: stack.state.tenant.id,
      })
      await jwtVerify(token.accessToken, keys, { issuer, audience: issuer, algorithms: [alg], typ: 'at+jwt' })
      expect((await checkSession(stack.state, token.accessToken)).status).toBe(200)
    }
    const first = await logIn(stack.state)
    await taken(first, 'ES256')
    await pin('--alg', 'RS256')
    const second = (await refresh(stack.state, first.refreshToken)).body as unknown as Tokens
    await taken(second, 'RS256')
    await pin('--alg', 'none')
    await pin('--audience', issuer, '--alg', 'EdDSA')
    const third = (await refresh(stack.state, second.refreshToken)).body as unknown as Tokens
    await taken(third, 'EdDSA')
    expect(algOf(await logIn(stack.state))).toBe('EdDSA')
    await expect(pin('--alg', 'RS256')).rejects.toThrow('different algorithms')
    await taken(first, 'ES256')
  })

  test('a standby of each line waits out its lead by itself', async () => {
    for (const alg of ['ES256', 'RS256', 'EdDSA'])
      await expect(iam('keys', 'rotate', '--alg', alg)).rejects.toThrow(
        /standby .* was published at|No standby/,
      )
  })
})
