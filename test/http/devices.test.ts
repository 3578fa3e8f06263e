import { verifyAccessToken } from '@iam/domain/access-token'
import { SoftDevice } from '@iam/testkit/device'
import { addPerson, deliverMails, eventsOf } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { challengeIn, Holders, textOf, type Person } from '../support/holder.ts'
import { openApp, type TestApp } from '../support/open-app.ts'

describe('devices over REST', () => {
  let open: TestApp
  let holders: Holders
  beforeAll(async () => {
    open = await openApp()
    holders = new Holders(open)
  })
  afterAll(() => open.close())

  const path = '/me/devices'

  async function logIn(person: Person) {
    const { body } = await holders.logIn(person)
    const token = textOf(body['accessToken'])
    const { tenantId, userId } = verifyAccessToken(open.world, token)
    return { token, tenantId, userId, sessionId: textOf((body['session'] as { id?: unknown }).id) }
  }
  async function register(device = new SoftDevice(), person?: Person) {
    const session = await logIn(person ?? (await holders.newPerson()))
    const body = { ...device.registration(session), name: 'my telephone' }
    const { token } = session
    return { ...session, device, body, registered: await holders.ask('POST', path, { token, body }) }
  }
  const list = async (token: string) => (await holders.ask('GET', path, { token })).body['items']

  test.each(['Ed25519', 'P-256'] as const)(
    '%s: are registered, listed, renamed and revoked',
    async (kind) => {
      const { token, device, registered } = await register(new SoftDevice(kind))
      expect(registered).toMatchObject({ status: 201, headers: { 'cache-control': 'no-store' } })
      const id = textOf(registered.body['id'])
      expect(await list(token)).toEqual([
        {
          id,
          algorithm: kind,
          thumbprint: device.thumbprint,
          name: 'my telephone',
          trust: 'known',
          createdAt: expect.any(String) as unknown,
          lastUsedAt: expect.any(String) as unknown,
        },
      ])
      const renamed = await holders.ask('PATCH', `${path}/${id}`, { token, body: { name: 'work' } })
      expect(renamed.status).toBe(204)
      expect(await list(token)).toMatchObject([{ name: 'work' }])
      expect((await holders.ask('DELETE', `${path}/${id}`, { token })).status).toBe(204)
      expect((await holders.ask('GET', path, { token })).body.code).toBe('session_ended')
    },
  )

  test('are proved in a session, trusted there, and stand in for the second factor of a login', async () => {
    const ada = await holders.newHolder()
    const { body: opened } = await holders.logInFully(ada)
    const token = textOf(opened['accessToken'])
    const { tenantId, userId } = verifyAccessToken(open.world, token)
    const device = new SoftDevice('Ed25519')
    const sessionId = textOf((opened['session'] as { id?: unknown }).id)
    const body = device.registration({ tenantId, userId, sessionId })
    const deviceId = textOf((await holders.ask('POST', path, { token, body })).body['id'])
    const begin = (asked: { token?: string; headers?: Record<string, string> }) =>
      holders.ask('POST', '/auth/device/challenge', { ...asked, body: { device: deviceId } })
    const begun = await begin({ token })
    expect(begun).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
    const challenge = textOf(begun.body['challenge'])
    const proof = { challenge, signature: device.proof(challenge, { tenantId, deviceId }) }
    const verified = await holders.ask('POST', '/auth/device/verify', { token, body: proof })
    expect(verified).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
    const proved = textOf(verified.body['accessToken'])
    const session = await holders.ask('GET', '/auth/session', { token: proved })
    expect(session.body['session']).toMatchObject({ amr: ['pwd', 'otp', 'pop', 'mfa'], acr: 'aal2' })
    const again = await holders.ask('POST', '/auth/device/verify', { token, body: proof })
    expect([again.status, again.body.code]).toEqual([401, 'challenge_invalid'])

    const onIt = async () => {
      const { body: asked } = await begin({ headers: { 'x-tenant-id': 'acme' } })
      const fresh = textOf(asked['challenge'])
      const deviceProof = { challenge: fresh, signature: device.proof(fresh, { tenantId, deviceId }) }
      return holders.logIn(ada, { deviceProof })
    }
    const before = await onIt()
    expect(before.body.code).toBe('mfa_required')
    expect((await holders.ask('POST', `${path}/${deviceId}/trust`, { token: proved })).status).toBe(204)
    expect(await list(proved)).toMatchObject([{ id: deviceId, trust: 'trusted' }])
    const after = await onIt()
    expect(after.status).toBe(200)
    const [mine, other] = [textOf(after.body['accessToken']), await holders.logInFully(ada)]
    expect(verifyAccessToken(open.world, mine)).toMatchObject({ amr: ['pwd', 'pop'], acr: 'aal1' })
    const revoked = await holders.ask('DELETE', `${path}/${deviceId}`, {
      token: textOf(other.body['accessToken']),
    })
    expect(revoked.status).toBe(204)
    for (const each of [mine, proved])
      expect((await holders.ask('GET', '/auth/session', { token: each })).body.code).toBe('session_ended')
    expect((await onIt()).body.code).toBe('device_invalid')
  })

  test('keep what was proved over the second step of a login', async () => {
    const ada = await holders.newHolder()
    const { body: opened } = await holders.logInFully(ada)
    const token = textOf(opened['accessToken'])
    const { tenantId, userId } = verifyAccessToken(open.world, token)
    const device = new SoftDevice()
    const sessionId = textOf((opened['session'] as { id?: unknown }).id)
    const registration = device.registration({ tenantId, userId, sessionId })
    const deviceId = textOf((await holders.ask('POST', path, { token, body: registration })).body['id'])
    const begun = await holders.ask('POST', '/auth/device/challenge', {
      headers: { 'x-tenant-id': 'acme' },
      body: { device: deviceId },
    })
    const challenge = textOf(begun.body['challenge'])
    const deviceProof = { challenge, signature: device.proof(challenge, { tenantId, deviceId }) }
    const asked = challengeIn(await holders.logIn(ada, { deviceProof }))
    const done = await holders.verify(asked, { code: ada.app.code() })
    const second = textOf(done.body['accessToken'])
    expect(verifyAccessToken(open.world, second).amr).toEqual(['pwd', 'pop', 'otp', 'mfa'])
    await holders.ask('DELETE', `${path}/${deviceId}`, { token: second })
    expect((await holders.ask('GET', '/auth/session', { token: second })).body.code).toBe('session_ended')
  })

  test('C219: have a key of exactly the public members of one of two kinds', async () => {
    const { token, body } = await register()
    const { publicKey } = new SoftDevice('Ed25519')
    const { publicKey: p256 } = new SoftDevice('P-256')
    const wrong = [
      { ...publicKey, d: publicKey.x },
      { ...publicKey, kid: 'mine' },
      { ...publicKey, crv: 'X25519' },
      { ...publicKey, crv: 'Ed448' },
      { ...publicKey, y: publicKey.x },
      { ...p256, crv: 'secp256k1' },
      { ...p256, crv: 'P-384' },
      { kty: 'EC', crv: 'P-256', x: p256.x },
      { ...p256, x: `${p256.x}A` },
      { kty: 'RSA', n: 'AQAB', e: 'AQAB' },
      { kty: 'oct', k: p256.x },
      'text',
      null,
    ]
    for (const key of wrong) {
      const refused = await holders.ask('POST', path, { token, body: { ...body, publicKey: key } })
      expect([refused.status, refused.body.code]).toEqual([400, 'invalid_request'])
    }
    for (const extra of [{ trust: 'trusted' }, { userId: 'usr_01BX5ZZKBKACTAV9WEVGEMMVRZ' }]) {
      const refused = await holders.ask('POST', path, { token, body: { ...body, ...extra } })
      expect(refused.body.code).toBe('invalid_request')
    }
  })

  test('C217: are nobody’s to anybody else, of the same tenant or another', async () => {
    const { registered, device } = await register()
    const id = textOf(registered.body['id'])
    const other = await register()
    const random = await holders.ask('DELETE', `${path}/dev_01BX5ZZKBKACTAV9WEVGEMMVRZ`, other)
    const asked = await holders.ask('DELETE', `${path}/${id}`, other)
    const without = ({ body }: typeof asked) => ({ ...body, requestId: '', traceId: '' })
    expect([asked.status, without(asked)]).toEqual([404, without(random)])
    const renamed = await holders.ask('PATCH', `${path}/${id}`, { ...other, body: { name: 'mine' } })
    expect(renamed.status).toBe(404)
    const again = await holders.ask('POST', path, { ...other, body: device.registration(other) })
    expect([again.status, again.body.code]).toEqual([401, 'device_invalid'])
  })

  test('are listed and revoked by an administrator, who does not see their names', async () => {
    const { world } = open
    const admin = await addPerson(world, {
      tenantId: world.acme,
      email: 'admin@devices.example',
      role: 'tenant.admin',
    })
    const by = { token: await holders.tokenOf(admin) }
    const [ada, eve] = [await register(), await register()]
    const of = ({ userId }: typeof ada, id = '') => `/tenants/${world.acme}/users/${userId}/devices${id}`
    const listed = await holders.ask('GET', of(ada), by)
    const id = textOf(ada.registered.body['id'])
    expect(listed.body['items']).toMatchObject([{ id, algorithm: 'P-256', trust: 'known' }])
    expect(JSON.stringify(listed.body)).not.toContain('telephone')
    const mismatched = await holders.ask('DELETE', of(eve, `/${id}`), by)
    expect([mismatched.status, mismatched.body.code]).toEqual([404, 'not_found'])
    await deliverMails(world)
    expect((await holders.ask('DELETE', of(ada, `/${id}`), by)).status).toBe(204)
    const [mail] = await deliverMails(world)
    expect(mail).toMatchObject({ letter: 'device_removed', params: { by: 'administrator' } })
    expect((await holders.ask('GET', path, ada)).body.code).toBe('session_ended')
    expect((await eventsOf(world, world.acme, ada.userId)).at(-1)).toMatchObject({
      type: 'device.revoked',
      payload: { deviceId: id, actor: { type: 'user', id: admin.userId } },
    })
    expect((await holders.ask('DELETE', of(ada, `/${id}`), by)).status).toBe(404)
    expect((await holders.ask('DELETE', of(eve), by)).status).toBe(204)
    expect((await holders.ask('GET', of(eve), by)).body['items']).toEqual([])
  })

  test('are nobody’s without a token, and are registered soon after a login alone', async () => {
    for (const method of ['GET', 'POST'] as const) {
      const { body } = await holders.ask(
        method,
        path,
        method === 'POST' ? { body: (await register()).body } : {},
      )
      expect(body.code).toBe('invalid_token')
    }
    const session = await logIn(await holders.newPerson())
    await open.world.testClock.advance(301)
    const body = new SoftDevice().registration(session)
    const late = await holders.ask('POST', path, { token: session.token, body })
    expect(late.body.code).toBe('reauthentication_required')
  })
})
