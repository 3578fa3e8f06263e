import { checkSession } from '@iam/domain/session'
import { SoftDevice } from '@iam/testkit/device'
import {
  addPerson,
  auditOf,
  deliverMails,
  eventsOf,
  holdDevice,
  holdPasskey,
  openDeviceCall,
  openWorld,
  type World,
} from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { mostDevices } from '../device/index.ts'
import { listDevices, registerDevice, renameDevice, revokeDevice } from './index.ts'

describe('a device', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  let people = 0
  const person = (tenantId = world.acme) =>
    addPerson(world, { tenantId, email: `d${(people += 1)}@devices.example` })
  const call = async () => openDeviceCall(world, await person())
  const stored = (userId: string) =>
    world.admin.selectFrom('iam.device').selectAll().where('user_id', '=', userId).execute()
  const invalid = { code: 'device_invalid' }
  const refusalOf = async (userId: string) => (await auditOf(world, userId)).at(-1)

  test('is registered, told by mail, audited and published, and listed without its key', async () => {
    const ada = await call()
    await deliverMails(world)
    const device = new SoftDevice('Ed25519')
    const { id } = await registerDevice(world, { ...ada, ...device.registration(ada), name: 'my telephone' })
    expect(await listDevices(world, ada)).toEqual([
      {
        id,
        algorithm: 'Ed25519',
        thumbprint: device.thumbprint,
        name: 'my telephone',
        trust: 'known',
        createdAt: expect.any(Date) as unknown,
        lastUsedAt: expect.any(Date) as unknown,
      },
    ])
    expect(await auditOf(world, id)).toEqual(['device.registered'])
    expect((await eventsOf(world, ada.tenantId, ada.userId)).at(-1)).toMatchObject({
      type: 'device.registered',
      payload: { deviceId: id, userId: ada.userId },
    })
    expect((await deliverMails(world)).map(({ letter }) => letter)).toEqual(['device_added'])
    const [row] = await stored(ada.userId)
    expect(row?.name?.includes('telephone')).toBe(false)
  })

  test('is renamed, and its name taken away, by its person alone', async () => {
    const [ada, eve] = [await call(), await call()]
    const { deviceId } = await holdDevice(world, ada)
    const names = async () => (await listDevices(world, ada)).map(({ name }) => name)
    expect(await names()).toEqual([null])
    await renameDevice(world, { ...ada, deviceId, name: 'work' })
    expect(await names()).toEqual(['work'])
    await expect(renameDevice(world, { ...eve, deviceId, name: 'mine' })).rejects.toMatchObject({
      code: 'not_found',
    })
    await renameDevice(world, { ...ada, deviceId, name: null })
    expect(await names()).toEqual([null])
    expect(await auditOf(world, deviceId)).toEqual(['device.registered', 'device.renamed', 'device.renamed'])
  })

  test('ends its sessions when it is revoked, and does not come back', async () => {
    const someone = await person()
    const [ada, elsewhere] = [await openDeviceCall(world, someone), await openDeviceCall(world, someone)]
    const { deviceId, device } = await holdDevice(world, ada)
    await deliverMails(world)
    await revokeDevice(world, { ...ada, deviceId })
    const sessions = await world.admin
      .selectFrom('iam.session')
      .select(['id', 'revoked_reason as reason'])
      .where('user_id', '=', ada.userId)
      .orderBy('id')
      .execute()
    expect(Object.fromEntries(sessions.map(({ id, reason }) => [id, reason]))).toEqual({
      [ada.sessionId]: 'device_revoked',
      [elsewhere.sessionId]: null,
    })
    await expect(checkSession(world, ada)).rejects.toMatchObject({ code: 'session_ended' })
    expect(await listDevices(world, ada)).toEqual([])
    expect(await auditOf(world, deviceId)).toEqual(['device.registered', 'device.revoked'])
    expect((await deliverMails(world)).map(({ letter }) => letter)).toEqual(['device_removed'])
    await expect(revokeDevice(world, { ...ada, deviceId })).rejects.toMatchObject({ code: 'not_found' })
    const again = registerDevice(world, { ...elsewhere, ...device.registration(elsewhere) })
    await expect(again).rejects.toMatchObject(invalid)
    expect(await refusalOf(ada.userId)).toBe('device.refused: key_known')
  })

  test('is revoked by one of ten at once, and by nobody else', async () => {
    const [ada, eve] = [await call(), await call()]
    const { deviceId } = await holdDevice(world, ada)
    const missing = { code: 'not_found' }
    await expect(revokeDevice(world, { ...eve, deviceId })).rejects.toMatchObject(missing)
    const there = { ...ada, tenantId: world.globex }
    await expect(revokeDevice(world, { ...there, deviceId })).rejects.toMatchObject(missing)
    const all = await Promise.allSettled(
      Array.from({ length: 10 }, () => revokeDevice(world, { ...ada, deviceId })),
    )
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const events = (await eventsOf(world, ada.tenantId, ada.userId)).map(({ type }) => type)
    expect(events.filter((type) => type === 'device.revoked')).toHaveLength(1)
  })

  test('C200, C212: has a key that nobody else of the tenant has; who comes first of ten is its person', async () => {
    const device = new SoftDevice()
    const calls = await Promise.all(Array.from({ length: 10 }, call))
    const all = await Promise.allSettled(
      calls.map((one) => registerDevice(world, { ...one, ...device.registration(one) })),
    )
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const each of all) if (each.status === 'rejected') expect(each.reason).toMatchObject(invalid)
    const there = await openDeviceCall(world, await person(world.globex))
    expect(await registerDevice(world, { ...there, ...device.registration(there) })).toHaveProperty('id')
  })

  test('C212: is not registered by who does not hold its key, in this session', async () => {
    const [ada, eve] = [await call(), await call()]
    const device = new SoftDevice()
    const right = device.registration(ada)
    const wrong = [
      { ...ada, ...right, signature: new SoftDevice().registration(ada).signature },
      { ...ada, ...right, publicKey: new SoftDevice().publicKey },
      { ...ada, ...right, signature: device.sign('iam/device-registration/v1') },
      { ...eve, ...right },
      { ...ada, ...right, sessionId: eve.sessionId },
      { ...ada, ...right, tenantId: world.globex },
    ]
    for (const each of wrong.slice(0, 5)) {
      await expect(registerDevice(world, each)).rejects.toMatchObject(invalid)
      expect(await refusalOf(each.userId)).toBe('device.refused: signature_wrong')
    }
    await expect(registerDevice(world, wrong[5] ?? { ...ada, ...right })).rejects.toMatchObject(invalid)
    const weak = { kty: 'OKP', crv: 'Ed25519', x: Buffer.alloc(32).toString('base64url') } as const
    await expect(registerDevice(world, { ...ada, ...right, publicKey: weak })).rejects.toMatchObject(invalid)
    expect(await refusalOf(ada.userId)).toBe('device.refused: key_unusable')
    expect(await stored(ada.userId)).toEqual([])
    expect(await registerDevice(world, { ...ada, ...right })).toHaveProperty('id')
  })

  test('is one of twenty: of ten that come at once as the twentieth, one is', async () => {
    const ada = await call()
    for (let n = 1; n < mostDevices; n += 1) await holdDevice(world, ada)
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => holdDevice(world, ada)))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const each of all)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'wrong_state' })
    const [first] = await listDevices(world, ada)
    await revokeDevice(world, { ...ada, deviceId: first?.id ?? 'dev_' })
    expect(await holdDevice(world, ada)).toHaveProperty('deviceId')
  })

  test('C201: asks for a login of the last minutes, by two factors where there are two', async () => {
    const ada = await call()
    const old = { ...ada.login, authTime: ada.login.authTime - 301 }
    const refused = { code: 'reauthentication_required' }
    await expect(holdDevice(world, { ...ada, login: old })).rejects.toMatchObject(refused)
    expect(await holdDevice(world, ada)).toHaveProperty('deviceId')
    await holdPasskey(world, ada)
    await expect(holdDevice(world, ada)).rejects.toMatchObject(refused)
    const strong = { ...ada.login, amr: ['pwd', 'otp', 'mfa'] }
    expect(await holdDevice(world, { ...ada, login: strong })).toHaveProperty('deviceId')
  })
})
