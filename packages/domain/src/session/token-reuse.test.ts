import { auditOf, deliverMails, eventsOf, logIn, openWorld, personalOf, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import type { RequestOrigin } from '../kit/index.ts'
import { checkSession, refreshSession, RefreshFlights, type IssuedSession } from './index.ts'

const owner = {
  agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  place: 'Lyon',
}
const thief = {
  agent: 'Mozilla/5.0 (Windows NT 10.0) Chrome/140.0.0.0',
  network: '198.51.100.0/24',
  place: 'Oslo',
}

describe('a refresh token that comes back', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())
  beforeEach(async () => {
    await deliverMails(world)
  })

  let requests = 0
  const refresh = async ({ refreshToken }: IssuedSession, from: Partial<RequestOrigin>) => {
    requests += 1
    const origin = { ...world.origin, ...from, requestId: `req_${requests}` }
    const alone = { ...world, refreshFlights: new RefreshFlights<IssuedSession>() }
    return refreshSession(alone, { refreshToken, origin })
  }

  /** The owner refreshes twice; then the first token comes back. @returns what ended, and the request that ended it. */
  async function burn(from: Partial<RequestOrigin> = thief) {
    const first = await logIn(world)
    const second = await refresh(first, owner)
    await world.testClock.advance(60)
    await refresh(second, owner)
    await world.testClock.advance(60)
    await expect(refresh(first, from)).rejects.toMatchObject({ code: 'refresh_reused' })
    return { first, requestId: `req_${requests}` }
  }

  const lastEvent = async ({ session }: IssuedSession) =>
    (await eventsOf(world, world.acme, session.id)).at(-1)?.payload ?? {}

  const reuse = (sessionId: string) =>
    world.admin
      .selectFrom('iam.session_reuse')
      .selectAll()
      .where('session_id', '=', sessionId)
      .executeTakeFirstOrThrow()

  test('C53: tells the person by mail of both parties: device, place and time of each', async () => {
    const { first } = await burn()
    const mails = await deliverMails(world)
    expect(mails).toMatchObject([
      { letter: 'session_stolen', to: first.user.email, link: `${world.issuer}/t/acme/account` },
    ])
    const { holder = '', presenter = '' } = mails[0]?.params ?? {}
    expect(holder).toMatch(/^Firefox \(Linux\) · Lyon · .* UTC$/)
    expect(presenter).toMatch(/^Chrome \(Windows\) · Oslo · .* UTC$/)
    expect(holder.split(' · ').at(-1)).not.toBe(presenter.split(' · ').at(-1))
  })

  test('C53: tells consumers when each party came and whether from elsewhere, and nothing personal', async () => {
    const { first } = await burn()
    const { presented_at, refreshed_at } = await reuse(first.session.id)
    const since = new Date(Math.floor(presented_at.getTime() / 1000) * 1000)
    expect(await lastEvent(first)).toEqual({
      sessionId: first.session.id,
      userId: first.user.id,
      reason: 'refresh_reused',
      successorUsed: true,
      elsewhere: true,
      refreshedAt: refreshed_at.toISOString(),
      presentedAt: presented_at.toISOString(),
      stepUpSince: since.toISOString(),
    })
    expect(presented_at.getTime() - refreshed_at.getTime()).toBeGreaterThanOrEqual(60_000)
  })

  test('C53: keeps both parties in audit, sealed under the person’s key, beside the request that ended it', async () => {
    const { first, requestId } = await burn()
    expect(await personalOf(world, requestId)).toEqual([])
    await deliverMails(world)
    const parties = {
      holderNetwork: world.origin.network,
      holderAgent: owner.agent,
      holderPlace: 'Lyon',
      presenterNetwork: thief.network,
      presenterAgent: thief.agent,
      presenterPlace: 'Oslo',
    }
    expect(await personalOf(world, requestId)).toEqual([parties])
    expect((await auditOf(world, first.session.id)).slice(-2)).toEqual([
      'session.revoked: refresh_reused',
      'session.reuse_described: refresh_reused',
    ])
    const { holder, presenter, personal } = await reuse(first.session.id)
    expect({ holder, presenter }).toEqual({ holder: null, presenter: null })
    expect(personal).not.toBeNull()
  })

  test('C53: a mail that is sent twice says the same, and audit tells it once', async () => {
    const { first, requestId } = await burn()
    const once = await deliverMails(world)
    await world.admin
      .updateTable('iam.mail')
      .set({ sent_at: null })
      .where('user_id', '=', first.user.id)
      .where('template', '=', 'session_stolen')
      .where('params', '@>', JSON.stringify({ sessionId: first.session.id }))
      .execute()
    await world.testClock.advance(31)
    expect(await deliverMails(world)).toEqual(once)
    expect(await personalOf(world, requestId)).toHaveLength(1)
  })

  test('a thief who came first is the one who refreshed last', async () => {
    const first = await logIn(world)
    await refresh(first, thief)
    await world.testClock.advance(11)
    await expect(refresh(first, owner)).rejects.toMatchObject({ code: 'refresh_reused' })
    expect(await lastEvent(first)).toMatchObject({ successorUsed: false, elsewhere: true })
    const [mail] = await deliverMails(world)
    expect(mail?.params['holder']).toContain('Oslo')
    expect(mail?.params['presenter']).toContain('Lyon')
  })

  test('a reply that was lost for long alarms nobody: its session ends, and no other has to be proved anew', async () => {
    const other = await logIn(world)
    const first = await logIn(world)
    await refresh(first, owner)
    await world.testClock.advance(11)
    await expect(refresh(first, owner)).rejects.toMatchObject({ code: 'refresh_reused' })
    const event = await lastEvent(first)
    expect(event).toMatchObject({ successorUsed: false, elsewhere: false })
    expect(event).not.toHaveProperty('stepUpSince')
    expect(await deliverMails(world)).toEqual([])
    expect(await auditOf(world, first.session.id)).toContain('session.reuse_described: refresh_reused')
    expect(claimsOf(await refresh(other, owner)).acr).toBe('aal1')
  })

  const claimsOf = ({ accessToken }: IssuedSession) => verifyAccessToken(world, accessToken)

  test('C53: sessions of before go on, with tokens that say that their login has to be proved anew', async () => {
    const survivor = await logIn(world)
    await burn()
    const refreshed = await refresh(survivor, owner)
    expect(claimsOf(refreshed)).toMatchObject({ acr: '0', authTime: claimsOf(survivor).authTime })
    expect(claimsOf(await logIn(world)).acr).toBe('aal1')
    expect(claimsOf(await refresh(await logIn(world), owner)).acr).toBe('aal1')
  })

  test('C53: what an instance holds of a surviving session counts no more once it hears of the theft', async () => {
    const survivor = await logIn(world)
    const other = await openWorld(inject('services'), { database: world.database, clock: world.testClock })
    const acr = async () => (await checkSession(other, claimsOf(survivor))).acr
    await other.revocations.poll()
    expect(await acr()).toBe('aal1')
    await burn()
    await other.revocations.poll()
    expect(await acr()).toBe('0')
    const waits = other.waits.count
    expect(await acr()).toBe('0')
    expect(other.waits.count).toBe(waits)
    await other.close()
  })

  test('C53: two of a person’s tokens that come back at once, again and again, end both sessions', async () => {
    for (let round = 0; round < 10; round += 1) {
      const stolen = await Promise.all([logIn(world), logIn(world), logIn(world)])
      for (const session of stolen) await refresh(session, owner)
      await world.testClock.advance(11)
      const burnt = await Promise.allSettled(stolen.map((session) => refresh(session, thief)))
      expect(
        burnt.map((each) => each.status === 'rejected' && (each.reason as { code: string }).code),
      ).toEqual(stolen.map(() => 'refresh_reused'))
      expect(await deliverMails(world)).toHaveLength(3)
    }
  })

  test('ends a family whose last refresh was by the release before, of which nothing is known', async () => {
    const first = await logIn(world)
    await refresh(await refresh(first, owner), owner)
    await world.admin
      .updateTable('iam.refresh_family')
      .set({ rotated_from: null })
      .where('session_id', '=', first.session.id)
      .execute()
    await world.testClock.advance(11)
    await expect(refresh(first, thief)).rejects.toMatchObject({ code: 'refresh_reused' })
    const [mail] = await deliverMails(world)
    expect(mail?.params['holder']).toMatch(/ UTC$/)
    expect(mail?.params['presenter']).toContain('Oslo')
  })

  test('what is kept of a refresh goes with its session', async () => {
    const { first } = await burn()
    const { rotated_from } = await world.admin
      .selectFrom('iam.refresh_family')
      .select('rotated_from')
      .where('session_id', '=', first.session.id)
      .executeTakeFirstOrThrow()
    expect(rotated_from).toBeNull()
  })
})
