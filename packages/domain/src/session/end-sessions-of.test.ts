import { openWorld, type World } from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { changePassword } from '../account/index.ts'
import {
  logInWithPassword,
  logOutEverywhere,
  refreshSession,
  RefreshFlights,
  type IssuedSession,
} from './index.ts'

describe('ending a person’s sessions', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  /** Refreshes one token after the other until that is refused. */
  async function keepRefreshing({ refreshToken }: IssuedSession): Promise<void> {
    const alone = { ...world, refreshFlights: new RefreshFlights<IssuedSession>() }
    for (let token = refreshToken; ; ) {
      const next = await refreshSession(alone, { refreshToken: token, origin: world.origin }).catch(
        () => undefined,
      )
      if (next === undefined) return
      token = next.refreshToken
    }
  }

  test('keeps the events of each session in the order of their transactions, while it is being refreshed', async () => {
    const { acme: tenantId, origin, demo } = world
    let { password } = demo as { password: string }
    const login = () => ({ tenantId, email: demo.tenants[0].email, password, origin })
    const kept = await logInWithPassword(world, login())
    const { id: userId } = kept.user
    for (let round = 0; round < 12; round += 1) {
      const sessions = await Promise.all(Array.from({ length: 3 }, () => logInWithPassword(world, login())))
      const refreshing = sessions.map((each) => keepRefreshing(each))
      const { id: sessionId } = kept.session
      const change = {
        currentPassword: password,
        newPassword: `the long password of round ${round}`,
        sessionId,
        authTime: 0,
      }
      if (round % 3 === 0) await logOutEverywhere(world, { tenantId, userId, except: sessionId, origin })
      else {
        await changePassword(world, { tenantId, userId, origin, ...change })
        password = change.newPassword
      }
      await Promise.all(refreshing)
    }
    const inverted = await sql<{ count: number }>`
      select count(*)::int from iam.outbox a join iam.outbox b using (tenant_id, ordering_key)
       where a.sequence < b.sequence and a.xid > b.xid`.execute(world.admin)
    expect(inverted.rows[0]?.count).toBe(0)
  })
})
