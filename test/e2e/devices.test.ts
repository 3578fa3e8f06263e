import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { type Stack, startStack } from '@iam/local-stack/stack'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withCheapHashes } from '../support/cheap-hashes.ts'
import { call, checkSession, logIn, post, refresh, untilServed } from '../support/client.ts'
import { type EventLog, subscribe } from '../support/events.ts'

/** A telephone's app as others write it: a key that never leaves it, and nothing of ours. */
class App {
  readonly #keys = generateKeyPairSync('ed25519')

  get publicKey(): { kty: string; crv: string; x: string } {
    const { kty = '', crv = '', x = '' } = this.#keys.publicKey.export({ format: 'jwk' })
    return { kty, crv, x }
  }

  get thumbprint(): string {
    const { kty, crv, x } = this.publicKey
    return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')
  }

  sign(...fields: string[]): string {
    return sign(null, Buffer.from(fields.join('\0')), this.#keys.privateKey).toString('base64url')
  }
}

let stack: Stack
let events: EventLog
beforeAll(async () => {
  stack = await startStack({ adjust: withCheapHashes })
  events = await subscribe(stack.state, 'device')
})
afterAll(async () => {
  await events.close()
  await stack.stop()
})

test('an app registers its device, proves that it holds the key, and is thrown out with it', async () => {
  const { state } = stack
  const { issuer, tenant, user } = state
  const app = new App()
  const opened = await logIn(state)
  const userId = opened.user.id
  const bearer = { authorization: `Bearer ${opened.accessToken}` }
  const signature = app.sign(
    'iam/device-registration/v1',
    tenant.id,
    userId,
    opened.session.id,
    app.thumbprint,
  )
  const registration = { publicKey: app.publicKey, signature, name: 'telephone' }
  const registered = await post(issuer, '/me/devices', registration, bearer)
  expect(registered.status).toBe(201)
  const device = String(registered.body['id'])

  const begun = await post(issuer, '/auth/device/challenge', { device }, bearer)
  const challenge = String(begun.body['challenge'])
  const proof = { challenge, signature: app.sign('iam/device-proof/v1', tenant.id, device, challenge) }
  const proved = await post(issuer, '/auth/device/verify', proof, bearer)
  expect(proved.status).toBe(200)
  const keySet = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
  const { payload } = await jwtVerify(String(proved.body['accessToken']), keySet, { issuer })
  expect(payload).toMatchObject({ sub: userId, amr: ['pwd', 'pop'], acr: 'aal1' })
  expect((await post(issuer, '/auth/device/verify', proof, bearer)).body['code']).toBe('challenge_invalid')

  const headers = { 'x-tenant-id': tenant.slug }
  const asked = await post(issuer, '/auth/device/challenge', { device }, headers)
  const atLogin = String(asked.body['challenge'])
  const deviceProof = {
    challenge: atLogin,
    signature: app.sign('iam/device-proof/v1', tenant.id, device, atLogin),
  }
  const again = await untilServed(() => post(issuer, '/auth/login', { ...user, deviceProof }, headers))
  expect(again.status).toBe(200)

  const elsewhere = await logIn(state)
  const revoked = await call(`${issuer}/api/v1/me/devices/${device}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${elsewhere.accessToken}` },
  })
  expect(revoked.status).toBe(204)
  for (const token of [opened.accessToken, String(again.body['accessToken'])])
    await expect
      .poll(async () => (await checkSession(state, token)).body['code'], { timeout: 30_000 })
      .toBe('session_ended')
  expect((await refresh(state, opened.refreshToken)).body['code']).toBe('invalid_grant')
  expect((await checkSession(state, elsewhere.accessToken)).status).toBe(200)
  await expect
    .poll(() => events.subjectsOf(userId), { timeout: 90_000 })
    .toEqual(['device.registered', 'device.revoked'])
  const inbox = `${state.mail.url}/messages?to=${encodeURIComponent(user.email)}`
  const subjects = async () =>
    ((await (await fetch(inbox)).json()) as { subject: string }[]).map(({ subject }) => subject).join('\n')
  await expect.poll(subjects, { timeout: 90_000 }).toMatch(/A device was added/)
  await expect.poll(subjects, { timeout: 90_000 }).toMatch(/A device was removed/)
})
