import { logIn, openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { statusListId, statusListUri } from '../status-list-token/index.ts'
import type { IssuedSession } from './issued-session.ts'
import { raiseSession } from './raise-session.ts'
import { RefreshFlights } from './refresh-flights.ts'
import { refreshSession } from './refresh-session.ts'

describe('the status of access tokens', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  const statusOf = (token: string): unknown => {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
    return (JSON.parse(payload) as { status: unknown }).status
  }

  test('names the grant’s slot, at the login, after a refresh and after a step-up', async () => {
    const issued = await logIn(world)
    const { tenantId, userId, grantId } = verifyAccessToken(world, issued.accessToken)
    const { shard, slot } = await world.admin
      .selectFrom('iam.status_list_entry')
      .select(['shard', 'slot'])
      .where('grant_id', '=', grantId)
      .executeTakeFirstOrThrow()
    const uri = statusListUri(world.issuer, statusListId(world.region, shard))
    const status = { status_list: { idx: slot, uri } }
    expect(statusOf(issued.accessToken)).toEqual(status)

    const { origin } = world
    const flights = { refreshFlights: new RefreshFlights<IssuedSession>() }
    const refreshed = await refreshSession({ ...world, ...flights }, { ...issued, origin })
    expect(statusOf(refreshed.accessToken)).toEqual(status)

    const amr = ['pwd', 'otp', 'mfa']
    const sessionId = issued.session.id
    const session = { tenantId, userId, sessionId, grantId, amr, also: [], origin }
    expect(statusOf((await raiseSession(world, session)).accessToken)).toEqual(status)
  })
})
