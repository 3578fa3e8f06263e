import { logIn, openWorld, type World } from '@iam/testkit/world'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { streamKey } from '../db/index.ts'
import { raiseSession } from './raise-session.ts'

describe('raising a session', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  test('waits for the session’s stream before it locks a row, as what ends the session does the other way about', async () => {
    const { session, accessToken } = await logIn(world)
    const { tenantId, userId, grantId } = verifyAccessToken(world, accessToken)
    const { id: sessionId } = session
    const { origin } = world
    const amr = ['pwd', 'otp', 'mfa']
    const raised = await world.admin.transaction().execute(async (burn) => {
      const stream = streamKey(tenantId, sessionId)
      await sql`select pg_advisory_xact_lock(hashtextextended(${stream}, 0))`.execute(burn)
      const family = burn.updateTable('iam.refresh_family').set({ revoked_at: world.clock() })
      await family.where('grant_id', '=', grantId).execute()
      const raising = raiseSession(world, {
        tenantId,
        userId,
        sessionId,
        grantId,
        amr,
        also: [],
        origin,
      }).catch((error: { code?: unknown }) => error.code)
      await vi.waitFor(async () => expect(await waitingForALock()).toBe(1), 30_000)
      const whole = burn.updateTable('iam.session').set({ revoked_at: world.clock() })
      await whole.where('id', '=', sessionId).execute()
      return { raising }
    })
    expect(await raised.raising).toBe('session_ended')
  })

  async function waitingForALock(): Promise<number | undefined> {
    const { rows } = await sql<{ waiting: number }>`
      select count(*)::int as waiting from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`.execute(world.admin)
    return rows[0]?.waiting
  }
})
