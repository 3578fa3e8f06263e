import { type Stack, startStack } from '@iam/local-stack/stack'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KeepAliveLoad } from '../support/keep-alive-load.ts'

describe('ended with SIGTERM under load', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
  })
  afterAll(() => stack.stop())

  test.each([
    { name: 'iam-api', path: '/api/v1/me', status: 401 },
    { name: 'iam-jwks', path: '/.well-known/jwks.json', status: 200 },
  ] as const)('$name answers every request it has taken, and is gone', async (tried) => {
    const { api, jwks } = stack.state
    const { url } = tried.name === 'iam-api' ? api : jwks
    const load = new KeepAliveLoad(`${url}${tried.path}`, { connections: 16 })
    await expect.poll(() => load.answered, { timeout: 60_000 }).toBeGreaterThan(100)
    await stack.program(tried.name).stop()
    await load.stop()
    expect([...load.statuses.keys()]).toEqual([tried.status])
    // Nor was any cut off in the end, as those are that do not leave in time.
    expect(load.failures.filter((failure) => failure.reused)).toEqual([])
    await stack.program(tried.name).start()
  })
})
