import { Admission } from '@iam/domain/admission'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'

const ada = { email: 'ada@acme.example', password: 'correct horse battery staple' }
const hank = { email: 'hank@globex.example', password: 'correct horse battery staple' }
const limits = { concurrency: 1, waitingPerTenant: 8, waiting: 16, deadline: 60_000 }

describe('a storm of logins', () => {
  let open: TestApp
  let accessToken: string
  let refreshToken: string
  /** Lets the hashes go on that the storm waits for. */
  let letGo: () => void
  let hashing = 0

  beforeAll(async () => {
    open = await openApp()
    const { body } = await login('acme', ada)
    ;({ accessToken, refreshToken } = JSON.parse(body) as { accessToken: string; refreshToken: string })
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const { hasher } = open.world.passwords
    const slow = {
      ...hasher,
      verify: async (...given: Parameters<typeof hasher.verify>) => {
        hashing += 1
        await held
        return hasher.verify(...given)
      },
    }
    Object.assign(open.world.passwords, { hasher: slow, admission: new Admission(limits) })
  })
  afterAll(() => open.close())

  const login = (tenant: string, payload: object) =>
    open.app.inject({
      method: 'POST',
      url: '/api/v1/auth/login',
      headers: { 'x-tenant-id': tenant, 'content-type': 'application/json' },
      payload,
    })

  test('refuses the surplus with Retry-After, holds up nothing else, and lets another tenant in next', async () => {
    const storm = Array.from({ length: 20 * limits.waitingPerTenant }, () => login('acme', ada))
    await expect.poll(() => hashing).toBe(1)
    const quiet = login('globex', hank)

    const bearer = { authorization: `Bearer ${accessToken}` }
    const checked = await open.app.inject({ url: '/api/v1/auth/session', headers: bearer })
    expect(checked.statusCode).toBe(200)
    const refreshed = await open.app.inject({
      method: 'POST',
      url: '/api/v1/auth/refresh',
      headers: { 'content-type': 'application/json' },
      payload: { refreshToken },
    })
    expect(refreshed.statusCode).toBe(200)
    for (const url of ['/health', '/health/live', '/health/ready'])
      expect((await open.app.inject({ url })).statusCode).toBe(200)
    expect(hashing).toBe(1) // all of this while the one hash still runs

    letGo()
    expect((await quiet).statusCode).toBe(200)
    const answers = await Promise.all(storm)
    const refused = answers.filter(({ statusCode }) => statusCode !== 200)
    expect(refused).toHaveLength(answers.length - limits.waitingPerTenant - 1)
    for (const answer of refused) {
      expect(answer.statusCode).toBe(503)
      expect(answer.headers['retry-after']).toBe('2')
      expect(answer.json()).toMatchObject({ code: 'login_busy', retriable: true })
    }
  })
})
