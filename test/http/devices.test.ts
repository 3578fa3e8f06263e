import { verifyAccessToken } from '@iam/domain/access-token'
import { SoftDevice } from '@iam/testkit/device'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Holders, textOf, type Person } from '../support/holder.ts'
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
