import { listDevices, renameDevice } from '@iam/domain/account'
import { addPerson, holdDevice, openDeviceCall } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'
import { PageVisitor } from '../support/page-visitor.ts'

describe('the devices on the page of an account', () => {
  let open: TestApp
  beforeAll(async () => {
    open = await openApp()
  })
  afterAll(() => open.close())

  let people = 0
  async function somebody() {
    const { world, app } = open
    const person = await addPerson(world, {
      tenantId: world.acme,
      email: `pages${(people += 1)}@devices.example`,
    })
    const visitor = new PageVisitor(app)
    const { email } = person
    await visitor.fill('/t/acme/sign-in', { email, password: world.demo.password })
    return { person, visitor, call: await openDeviceCall(world, person) }
  }
  const account = '/t/acme/account'
  const revoke = `${account}/devices/revoke`

  test('are there for who has some, are removed by a button, and sign the app out', async () => {
    const { world } = open
    const { visitor, call } = await somebody()
    expect((await visitor.open(account)).body).not.toContain('Your devices')
    const { deviceId } = await holdDevice(world, call)
    await renameDevice(world, { ...call, deviceId, name: '<telephone>' })
    const { body } = await visitor.open(account)
    expect(body).toContain('<h2 id="devices">Your devices</h2>')
    expect(body).toContain('<bdi>&lt;telephone&gt;</bdi>')
    expect(body).toContain(`name="device" value="${deviceId}"`)
    const removed = await visitor.send(revoke, { device: deviceId })
    expect(removed).toMatchObject({ status: 303, location: account })
    const after = (await visitor.open(account)).body
    expect(after).toContain('The device is removed, and signed out.')
    expect(after).not.toContain('Your devices')
    const session = await world.admin
      .selectFrom('iam.session')
      .select('revoked_reason as reason')
      .where('id', '=', call.sessionId)
      .executeTakeFirst()
    expect(session?.reason).toBe('device_revoked')
  })

  test('C217: are removed by their person alone; one that is gone leads back all the same', async () => {
    const { world } = open
    const [ada, eve] = [await somebody(), await somebody()]
    const { deviceId } = await holdDevice(world, ada.call)
    await eve.visitor.open(account)
    for (const device of [deviceId, '', 'dev_', 'dev_01BX5ZZKBKACTAV9WEVGEMMVRZ', '\0']) {
      expect(await eve.visitor.send(revoke, { device })).toMatchObject({ status: 303, location: account })
    }
    expect(await listDevices(world, ada.call)).toHaveLength(1)
    const stranger = new PageVisitor(open.app)
    await stranger.open('/t/acme/sign-in')
    const refused = await stranger.send(revoke, { device: deviceId })
    expect(refused.location).toMatch(/\/t\/acme\/sign-in/)
    expect(await listDevices(world, ada.call)).toHaveLength(1)
  })
})
