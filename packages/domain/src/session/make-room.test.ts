import { auditOf, eventsOf, logIn, openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { checkSession, refreshSession, type IssuedSession } from './index.ts'

describe('a session too many', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    const policy = JSON.stringify({ maxSessions: 2 })
    await world.admin.updateTable('iam.tenant').set({ policy }).where('tenant_id', '=', world.acme).execute()
  })
  afterAll(() => world.close())

  const stands = (issued: IssuedSession) =>
    checkSession(world, verifyAccessToken(world, issued.accessToken)).then(
      () => true,
      () => false,
    )
  const waitsOf = async (work: () => Promise<unknown>) => {
    const before = world.waits.count
    await work()
    return world.waits.count - before
  }

  test('ends the oldest in the login’s own flight: its tokens are refused at once, and it is told why', async () => {
    const [first, second] = [await logIn(world), await logIn(world)]
    const few = await waitsOf(() => logIn(world))
    expect(await stands(first)).toBe(false)
    expect(await stands(second)).toBe(true)
    expect(await auditOf(world, first.session.id)).toEqual([
      'user.login_succeeded: first_login',
      'session.revoked: session_limit',
    ])
    expect(await eventsOf(world, world.acme, first.session.id)).toMatchObject([
      { type: 'session.created', sequence: 1 },
      {
        type: 'session.revoked',
        sequence: 2,
        payload: { sessionId: first.session.id, userId: first.user.id, reason: 'session_limit' },
      },
    ])
    const { refreshToken } = first
    await expect(refreshSession(world, { refreshToken, origin: world.origin })).rejects.toMatchObject({
      code: 'invalid_grant',
    })
    await world.testClock.advance(28_801)
    expect(await waitsOf(() => logIn(world))).toBe(few)
  })

  test('of twenty logins at once leaves as many as there may be', async () => {
    const opened = await Promise.all(Array.from({ length: 20 }, () => logIn(world)))
    const standing = await Promise.all(opened.map((each) => stands(each)))
    expect(standing.filter(Boolean)).toHaveLength(2)
    const audit = await Promise.all(opened.map((each) => auditOf(world, each.session.id)))
    expect(audit.filter((each) => each.includes('session.revoked: session_limit'))).toHaveLength(18)
  })

  test('is none while the person has others that lie idle', async () => {
    const idle = await logIn(world)
    await world.testClock.advance(3_601)
    const [one, two] = [await logIn(world), await logIn(world)]
    expect(await Promise.all([stands(one), stands(two)])).toEqual([true, true])
    expect(await auditOf(world, idle.session.id)).toEqual(['user.login_succeeded'])
  })
})
