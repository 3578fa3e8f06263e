import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { breachedPasswords } from '@iam/platform/breached-passwords'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'

const breached = 'kettle dawn orbit fern'

describe('registering with a password that may be breached', () => {
  let open: TestApp
  let service: Server
  let isAway = false
  const asked: (string | undefined)[] = []

  beforeAll(async () => {
    const sha1 = createHash('sha1').update(breached).digest('hex').toUpperCase()
    service = createServer((request, response) => {
      asked.push(request.url)
      if (isAway) response.writeHead(500).end()
      else response.end(`${'0'.repeat(35)}:0\r\n${sha1.slice(5)}:3`)
    })
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
    open = await openApp()
    Object.assign(open.world.passwords, { breached: breachedPasswords({ url, answerWithin: 10_000 }) })
  })
  afterAll(async () => {
    await open.close()
    await new Promise((resolve) => service.close(resolve))
  })

  let count = 0
  const register = (password: string) =>
    open.app.inject({
      method: 'POST',
      url: '/api/v1/auth/register',
      headers: { 'x-tenant-id': 'acme', 'content-type': 'application/json' },
      payload: { email: `person${(count += 1)}@acme.example`, password },
    })

  const setPolicy = (policy: object) =>
    open.world.admin
      .updateTable('iam.tenant')
      .set({ policy: JSON.stringify(policy) })
      .where('tenant_id', '=', open.world.acme)
      .execute()

  test('C173: is refused with the reason, and told nothing that identifies the password to anybody else', async () => {
    const refused = await register(breached)
    expect(refused.statusCode).toBe(422)
    expect(refused.json()).toMatchObject({ code: 'password_unacceptable', reason: 'breached' })
    expect(asked).toEqual([expect.stringMatching(/^\/range\/[0-9A-F]{5}$/)])
    expect((await register('kettle dawn orbit moss')).statusCode).toBe(202)
  })

  test('C173: while the service is away, the tenant’s policy decides', async () => {
    isAway = true
    expect((await register(breached)).statusCode).toBe(202)
    await setPolicy({ breachCheck: 'closed' })
    const closed = await register(breached)
    expect(closed.statusCode).toBe(503)
    expect(closed.headers['retry-after']).toBe('5')
    expect(closed.json()).toMatchObject({ code: 'temporarily_unavailable', retriable: true })
    const before = asked.length
    await setPolicy({ breachCheck: 'off' })
    expect((await register(breached)).statusCode).toBe(202)
    expect(asked.length).toBe(before)
  })
})
