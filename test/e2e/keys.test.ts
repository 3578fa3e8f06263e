import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { InspectedKeySet } from '@iam/domain/key-set'
import { type Environment, type Stack, startStack } from '@iam/local-stack/stack'
import { createVerifier, type Verifier } from '@iam/verifier'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkSession, logIn, refresh, type Tokens } from '../support/client.ts'

const program = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

interface ListedKey {
  readonly purpose: string
  readonly kid: string
  readonly state: string
}

/** What an operator does to the keys by the command, seen from outside. */
describe('iam keys', () => {
  let stack: Stack
  let verifier: Verifier
  let ahead = 0
  let pins: Environment = {}
  beforeAll(async () => {
    stack = await startStack({ adjust })
    const { issuer } = stack.state
    const now = () => Date.now() + ahead
    verifier = createVerifier({ issuer, audience: issuer, tenants: 'any', now, cacheSeconds: 60 })
  })
  afterAll(() => stack.stop())

  /** The pins that iam-jwks has. */
  function adjust(name: string, environment: Environment): Environment {
    if (name === 'iam-jwks') pins = environment
    return environment
  }

  const iamAll = (...args: string[]) => iamWith({}, ...args)
  const iamWith = async (changes: Environment, ...args: string[]) => {
    const env = { ...process.env, ...pins, ...stack.operatorVariables, ...changes }
    return promisify(execFile)(process.execPath, [program, ...args], { env }).catch(
      (error: unknown) => error as { stdout: string; stderr: string },
    )
  }
  const iam = (...args: string[]) => iamAll('keys', ...args)
  const iamKeySet = (...args: string[]) => iamAll('key-set', ...args)
  const list = async () => JSON.parse((await iam('list', '--json')).stdout) as ListedKey[]
  const inState = async (state: string) =>
    (await list()).filter((key) => key.purpose === 'token' && key.state === state)

  test('the published key set is shown, and holds wherever it is read', async () => {
    const { issuer } = stack.state
    const shown = JSON.parse((await iamKeySet('show', '--json')).stdout) as InspectedKeySet
    expect(shown).not.toHaveProperty('fault')
    expect(shown).toMatchObject({ anchor: { pinned: true }, claims: { iss: issuer } })
    expect(shown.keys.every(({ endorsed }) => endorsed)).toBe(true)
    for (const url of [stack.state.jwks.url, issuer]) {
      const { stdout } = await iamKeySet('verify', `${url}/.well-known/jwks.jwt`)
      expect(stdout).toContain('The key set holds.')
    }
    const plain = await iamKeySet('verify', `${issuer}/.well-known/jwks.json`)
    expect(plain).toMatchObject({ code: 1 })
    expect(plain.stdout).toContain('WRONG')
  })

  test('a standby that caches may not know does not sign, and the refusal computes until when', async () => {
    await expect.poll(async () => (await inState('published')).length, { timeout: 60_000 }).toBe(1)
    const { stderr } = await iam('rotate', '--dry-run')
    expect(stderr).toMatch(/was published at .* may be without it for \d+ seconds, until /)
    expect((await inState('active')).length).toBe(1)
  })

  test('C24: a key that is given up ends its tokens everywhere, and nobody is logged out', async () => {
    const { state } = stack
    const before = await logIn(state)
    await verifier.verify(before.accessToken)
    const [active] = await inState('active')
    const kid = active?.kid ?? ''
    expect((await iam('compromise', kid, '--dry-run')).stdout).toContain('would be given up')
    expect((await checkSession(state, before.accessToken)).status).toBe(200)

    // Also while nothing of KMS can be had, which is what an emergency may well begin with.
    const given = await iamWith({ IAM_KMS_ENDPOINT: '127.0.0.1:1' }, 'keys', 'compromise', kid)
    expect(given.stdout).toContain('is given up')
    await expect
      .poll(async () => (await checkSession(state, before.accessToken)).status, { timeout: 60_000 })
      .toBe(401)
    await expect
      .poll(async () => JSON.stringify(await (await fetch(`${state.issuer}/.well-known/jwks.json`)).json()), {
        timeout: 60_000,
      })
      .not.toContain(kid)
    const after = (await refresh(state, before.refreshToken)).body as unknown as Tokens
    expect((await checkSession(state, after.accessToken)).status).toBe(200)
    ahead = 61_000
    expect(await verifier.verify(after.accessToken)).toMatchObject({ tenantId: state.tenant.id })
    await expect(verifier.verify(before.accessToken)).rejects.toMatchObject({ reason: 'unknown_key' })

    expect((await iam('compromise', kid)).stderr).toContain('final')
    await expect.poll(async () => (await inState('published')).length, { timeout: 60_000 }).toBe(1)
  })

  test('another anchor follows at once: its set is served, the old one is named as retired and historical', async () => {
    const { jwks } = stack.state
    const document = async () => (await fetch(`${jwks.url}/.well-known/jwks.jwt`)).text()
    const signer = async () => decodeProtectedHeader(await document()).kid
    const [current, spare] = (pins['IAM_JWKS_ANCHORS'] ?? '').split(',')
    expect(await signer()).toBe(current)
    const nextSpare = (stack.operatorVariables['IAM_KMS_PUBLISH_KEY'] ?? '').replace(
      '/publish/',
      '/publish-next/',
    )
    const rotate = (...args: string[]) =>
      iamKeySet('rotate-anchor', '--next-spare', nextSpare, '--json', ...args)
    expect(JSON.parse((await rotate('--dry-run')).stdout)).toMatchObject({ from: current, to: spare })
    expect(await signer()).toBe(current)
    const announced = async () => decodeJwt(await document())['next_anchor']
    expect(JSON.parse((await rotate()).stdout)).toMatchObject({ from: current, to: spare })
    await expect.poll(announced, { timeout: 60_000 }).toMatchObject({ kid: spare })
    expect((await iamKeySet('cancel-anchor')).stdout).toContain('it stays the spare')
    await expect.poll(announced, { timeout: 60_000 }).toBeUndefined()
    expect(JSON.parse((await rotate('--at-once')).stdout)).toMatchObject({ from: current, to: spare })
    await expect.poll(signer, { timeout: 60_000 }).toBe(spare)
    expect(decodeJwt(await document())).toMatchObject({ retired_anchors: [current] })
    const historical = async () => {
      const response = await fetch(`${jwks.url}/.well-known/historical-keys.jwt`)
      return response.ok ? JSON.stringify(decodeJwt(await response.text())) : ''
    }
    await expect.poll(historical, { timeout: 60_000 }).toContain(current)
    expect((await iamKeySet('verify', `${jwks.url}/.well-known/jwks.jwt`)).stdout).toContain(
      'The key set holds.',
    )
    expect((await rotate()).stderr).toContain('three keys')
  })
})
