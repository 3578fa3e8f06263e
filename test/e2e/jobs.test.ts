import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Stack, startStack } from '@iam/local-stack/stack'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const program = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

/** What an operator does to jobs by the command, with a worker that does them. */
describe('iam jobs', { timeout: 240_000 }, () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
  })
  afterAll(() => stack.stop())

  const iam = async (...args: string[]) => {
    const env = { ...process.env, ...stack.operatorVariables }
    return promisify(execFile)(process.execPath, [program, ...args], { env }).catch(
      (error: unknown) => error as { stdout: string; stderr: string },
    )
  }

  test('lists them, and has one done', async () => {
    const listed = JSON.parse((await iam('jobs', 'list', '--json')).stdout) as Record<string, unknown>[]
    const next = expect.stringMatching(/T01:05:00.000Z$/) as string
    expect(listed).toContainEqual(expect.objectContaining({ name: 'audit-partitions', nextAt: next }))
    expect((await iam('jobs', 'list')).stdout).toContain('tidy-sessions  38 * * * *  deletes')
    const run = await iam('jobs', 'run', 'tidy-codes')
    expect(run.stdout).toBe('tidy-codes is done: deleted 0\n')
    expect(run.stderr).toContain('A worker is at it')
    const tried = await iam('jobs', 'run', 'tidy-codes', '--dry-run')
    expect(tried.stdout).toBe('tidy-codes would be done: deleted 0\n')
    const rehearsed = await iam('jobs', 'run', 'expiry-notices', '--dry-run')
    expect(rehearsed.stdout).toMatch(
      /^expiry-notices would be done: (told 0, watched \d|watched \d, told 0)\n$/,
    )
  })

  test('says what cannot be done', async () => {
    expect((await iam('jobs', 'run', 'no-such')).stderr).toContain('There is no job no-such')
    expect((await iam('jobs', 'run', 'tor-exits', '--dry-run')).stderr).toContain('cannot tell')
    expect((await iam('outbox', 'replay', 'ten_X:usr_X')).stderr).toContain('does not wait')
    expect((await iam('outbox', 'inspect')).stdout).toBe('No stream waits.\n')
    expect((await iam('inbox', 'inspect')).stdout).toBe('No message was put aside.\n')
  })
})
