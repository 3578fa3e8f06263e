import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Stack, startStack } from '@iam/local-stack/stack'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkSession, logIn, refresh } from '../support/client.ts'

const program = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
const patience = { timeout: 180_000, interval: 1_000 }

interface Listed {
  readonly purpose: string
  readonly version: number
  readonly state: string
  readonly neededBy: readonly { readonly rows: number }[]
}

/** What an operator does to the secrets by the command, while the system runs. */
describe('iam secrets', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
  })
  afterAll(() => stack.stop())

  const iam = async (...args: string[]) => {
    const env = { ...process.env, ...stack.operatorVariables, IAM_SIGNING_KEY_ANNOUNCE_SECONDS: '15' }
    return promisify(execFile)(process.execPath, [program, 'secrets', ...args], { env }).catch(
      (error: unknown) => error as { stdout: string; stderr: string },
    )
  }
  const list = async () => JSON.parse((await iam('list', '--json')).stdout) as Listed[]
  const versionsOf = async (name: string) => (await list()).filter(({ purpose }) => purpose === name)

  test('a secret is rotated under a running system: nobody is logged out, and keys are sealed anew', async () => {
    const { state } = stack
    const before = await logIn(state)
    expect((await iam('list')).stdout).toMatch(/^pepper 1 +active +makes from /m)
    expect((await iam('rotate', 'data', '--dry-run')).stdout).toContain('data 2 would make from')
    expect(await versionsOf('data')).toHaveLength(1)
    for (const purpose of ['token-tag', 'pepper', 'data'])
      expect((await iam('rotate', purpose)).stdout).toContain(`${purpose} 2 makes from`)

    const old = async () => (await versionsOf('data')).find(({ version }) => version === 1)
    await expect.poll(async () => (await old())?.state, patience).toBe('old')
    await expect.poll(async () => (await old())?.neededBy, patience).toEqual([])
    const after = await refresh(state, before.refreshToken)
    expect(after.status).toBe(200)
    expect((await checkSession(state, before.accessToken)).status).toBe(200)
    await logIn(state)

    expect((await iam('destroy', 'data')).stdout).toContain('data 1 is destroyed')
    expect((await iam('destroy', 'pepper')).stderr).toContain('still need')
    expect((await iam('rotate', 'salt')).stderr).toContain('There is no secret salt')
    await logIn(state)
  }, 600_000)
})
