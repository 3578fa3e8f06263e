import { openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { authenticateWithPassword } from './authenticate-with-password.ts'
import { clearLogin } from './clear-login.ts'
import { logInWithPassword } from './log-in-with-password.ts'
import { openBrowserSession } from './open-browser-session.ts'
import { openSession } from './open-session.ts'

describe('a login that was overtaken', () => {
  const worlds: World[] = []
  let world: World
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    worlds.push(world)
  })
  afterAll(async () => {
    await Promise.all(worlds.map((each) => each.close()))
  })

  const input = () => {
    const { acme: tenantId, origin, demo } = world
    return { tenantId, email: demo.tenants[0].email, password: demo.password, origin }
  }
  const suspend = () => world.admin.updateTable('iam.user').set({ status: 'suspended' }).execute()
  const changePassword = () =>
    world.admin.updateTable('iam.credential').set({ changed_at: world.clock() }).execute()
  const stored = async () => [
    await world.admin.selectFrom('iam.session').selectAll().execute(),
    await world.admin.selectFrom('iam.outbox').selectAll().execute(),
    await world.admin
      .selectFrom('iam.audit_event')
      .selectAll()
      .where('action', 'like', 'user.login%')
      .execute(),
  ]

  test.each([
    ['suspended', suspend],
    ['given another password', changePassword],
  ])('stores nothing for somebody who was %s after the password was checked', async (_what, overtake) => {
    const { origin } = world
    const login = await authenticateWithPassword(world, input())
    const cleared = await clearLogin(world, { login, origin })
    const before = await stored()
    await overtake()
    const opening = { cleared, device: undefined, previous: undefined, origin }
    await expect(openSession(world, opening)).rejects.toMatchObject({ code: 'IAM01' })
    await expect(openBrowserSession(world, opening)).rejects.toMatchObject({ code: 'IAM01' })
    expect(await stored()).toEqual(before)
  })

  test('is decided anew, and refused for what is true by then', async () => {
    const { flights } = world.db
    let overtaken = false
    const fly: typeof flights.fly = async (statements) => {
      const opens = statements.some(({ sql }) => sql.includes('require_standing'))
      if (opens && !overtaken) {
        overtaken = true
        await suspend()
      }
      return flights.fly(statements)
    }
    const db = { ...world.db, flights: { fly } }
    await expect(logInWithPassword({ ...world, db }, input())).rejects.toMatchObject({
      code: 'user_suspended',
    })
    expect((await stored())[0]).toEqual([])
  })
})
