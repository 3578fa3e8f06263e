import { mintAccessToken, type AccessTokenClaims } from '@iam/domain/access-token'
import { addPerson } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'

/** What a stolen signing key is worth at iam-api itself. */
describe('a token of another person beside one’s own session', () => {
  let open: TestApp
  beforeAll(async () => {
    open = await openApp()
  })
  afterAll(() => open.close())

  const claimsOf = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as AccessTokenClaims
  const ask = (token: string) =>
    open.app.inject({ url: '/api/v1/auth/session', headers: { authorization: `Bearer ${token}` } })

  test('C23: opens nothing, though the key is ours and the session stands', async () => {
    const { world } = open
    const thief = await addPerson(world, { tenantId: world.acme, email: 'thief@acme.example' })
    const answer = await open.app.inject({
      method: 'POST',
      url: '/api/v1/auth/login',
      headers: { 'x-tenant-id': 'acme' },
      payload: { email: thief.email, password: world.demo.password },
    })
    const { accessToken } = answer.json<{ accessToken: string }>()
    const signer = world.signingKeys.signer(world.clock())
    if (signer === undefined) throw new Error('Nothing signs.')
    const own = claimsOf(accessToken)
    expect((await ask(await mintAccessToken(signer, own))).statusCode).toBe(200)
    const victim = await addPerson(world, { tenantId: world.acme, email: 'victim@acme.example' })
    const forged = await ask(
      await mintAccessToken(signer, { ...own, sub: victim.userId, amr: ['pwd', 'mfa'] }),
    )
    expect([forged.statusCode, forged.json<{ code: string }>().code]).toEqual([401, 'invalid_token'])
  })
})
