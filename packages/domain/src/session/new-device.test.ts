import { deliverMails, openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { logInBrowserWithPassword, logInWithPassword } from './index.ts'

const firefox = (version: number) =>
  `Mozilla/5.0 (X11; Linux x86_64; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`
const app = 'Hotel/4.2 (iPhone; iOS 18.5)'

describe('a login on a device that was not seen before', () => {
  const worlds: World[] = []
  let world: World
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    worlds.push(world)
  })
  afterAll(async () => {
    await Promise.all(worlds.map((each) => each.close()))
  })

  interface Where {
    readonly agent?: string
    readonly network?: string
    readonly place?: string
    readonly isKnownDevice?: boolean
    readonly email?: string
  }

  const login = ({ isKnownDevice, email = 'ada@acme.example', ...where }: Where = {}) => ({
    tenantId: world.acme,
    email,
    password: world.demo.password,
    ...(isKnownDevice === undefined ? {} : { isKnownDevice }),
    origin: { ...world.origin, agent: firefox(140), ...where },
  })
  const logIn = (where?: Where) => logInWithPassword(world, login(where))
  const letters = async () => (await deliverMails(world)).map(({ letter }) => letter)

  test('is told of by mail, with what is known of it, in the person’s language', async () => {
    await world.admin
      .updateTable('iam.user')
      .set({ locale: 'fr' })
      .where('email', '=', 'ada@acme.example')
      .execute()
    await logIn()
    const opened = await logIn({ agent: app, place: 'Genève, CH' })
    const [mail, ...others] = await deliverMails(world)
    expect(others).toEqual([])
    expect(mail).toMatchObject({
      to: 'ada@acme.example',
      letter: 'new_device',
      locale: 'fr',
      link: 'https://id.example.test/t/acme/account',
      params: { sessionId: opened.session.id, device: 'Hotel (iOS)', place: 'Genève, CH' },
    })
    expect(mail?.params['time']).toMatch(/^\d{1,2} \S+ 20\d\d .*\d\d:\d\d UTC$/)
  })

  test('is told of once when several log in on it at once', async () => {
    await logIn()
    const browser = { ...login({ agent: app }), previous: undefined }
    await Promise.all([
      ...Array.from({ length: 4 }, () => logIn({ agent: app })),
      ...Array.from({ length: 3 }, () => logInBrowserWithPassword(world, browser)),
    ])
    expect(await letters()).toEqual(['new_device'])
  })

  test('is not the first one of all, nor one with a newer version, nor one that shows it is known', async () => {
    await logIn()
    await logIn()
    await logIn({ agent: firefox(141) })
    await logIn({ network: '203.0.113.0/24', isKnownDevice: true })
    expect(await letters()).toEqual([])
    await logIn({ network: '203.0.113.0/24' })
    await logIn({ agent: app })
    await logIn({ agent: app })
    await logInBrowserWithPassword(world, { ...login({ agent: 'curl/8.0' }), previous: undefined })
    expect(await letters()).toEqual(['new_device', 'new_device'])
  })

  test('was seen in a session that has ended, too, but in nobody else’s', async () => {
    await logIn()
    await logIn({ agent: app })
    await world.testClock.advance(100_000)
    await letters()
    await logIn({ agent: app })
    expect(await letters()).toEqual([])
    const { globex: tenantId } = world
    const email = 'hank@globex.example'
    await logInWithPassword(world, { ...login({ email }), tenantId })
    await logInWithPassword(world, { ...login({ email, agent: app }), tenantId })
    expect(await letters()).toEqual(['new_device'])
  })

  test('costs no wait, and nothing of it is at rest in clear', async () => {
    await logIn()
    const waitsOf = async (where: Where) => {
      const before = world.waits.count
      await logIn(where)
      return world.waits.count - before
    }
    const known = await waitsOf({})
    expect(await waitsOf({ agent: app, place: 'Genève, CH' })).toBe(known)
    const rows = [
      await world.admin.selectFrom('iam.mail').selectAll().execute(),
      await world.admin.selectFrom('iam.session').selectAll().execute(),
    ].flat()
    const texts = rows.flatMap((row) =>
      Object.values<unknown>(row).map((value) =>
        Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value),
      ),
    )
    expect(texts.join(' ')).not.toMatch(/Hotel|iPhone|Firefox|Gen(è|Ã¨)ve|192\.0\.2|ada@acme/)
  })

  test('is not told of to somebody who has been erased meanwhile', async () => {
    await logIn()
    const { user } = await logIn({ agent: app })
    await world.admin.updateTable('iam.user').set({ status: 'erased' }).where('id', '=', user.id).execute()
    expect(await letters()).toEqual([])
  })
})
