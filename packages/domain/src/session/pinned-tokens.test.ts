import { addSigningKey, auditOf, logIn, openWorld, testDeployment, type World } from '@iam/testkit/world'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { pinTokenAlgorithm, type PinTokenAlgorithm } from '../client/index.ts'
import { signingAlgs } from '../key-set/index.ts'
import { raiseSession, refreshSession } from './index.ts'
import { mintIfProved } from './mint-if-proved.ts'

describe('access tokens that are pinned to an algorithm', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld(inject('services'))
  })
  afterEach(() => world.close())

  const audience = testDeployment.issuer
  const pin = (of: PinTokenAlgorithm['of'], alg: PinTokenAlgorithm['alg']) =>
    pinTokenAlgorithm({ ...world, signingAlgs }, { tenantId: world.acme, of, alg })
  const refresh = (refreshToken: string) => refreshSession(world, { refreshToken, origin: world.origin })
  const algOf = ({ accessToken }: { accessToken: string }) =>
    (JSON.parse(Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString()) as { alg: string }).alg

  test('are signed by it at login, refresh and step-up, from the next token on, and by the usual one when unpinned', async () => {
    for (const alg of ['RS256', 'EdDSA'] as const) await addSigningKey(world, alg)
    const first = await logIn(world)
    expect(algOf(first)).toBe('ES256')
    await pin({ client: 'first-party' }, 'RS256')
    const second = await refresh(first.refreshToken)
    expect([algOf(second), algOf(await logIn(world))]).toEqual(['RS256', 'RS256'])
    const { tenantId, userId, grantId } = verifyAccessToken(world, second.accessToken)
    const session = { tenantId, userId, grantId }
    const amr = ['pwd', 'otp', 'mfa']
    const raising = { ...session, sessionId: first.session.id, amr, also: [], origin: world.origin }
    expect(algOf(await raiseSession(world, raising))).toBe('RS256')
    expect(algOf((await mintIfProved(world, session, 60)) ?? first)).toBe('RS256')
    await pin({ client: 'first-party' }, null)
    await pin({ audience }, 'EdDSA')
    const third = await refresh(second.refreshToken)
    expect([algOf(third), algOf(await logIn(world))]).toEqual(['EdDSA', 'EdDSA'])
    await pin({ audience }, null)
    expect(algOf(await refresh(third.refreshToken))).toBe('ES256')
  })

  test('are refused while no key of it can sign, and nothing is consumed, opened or raised', async () => {
    const first = await logIn(world)
    await pin({ client: 'first-party' }, 'RS256')
    const away = { code: 'temporarily_unavailable' }
    await expect(logIn(world)).rejects.toMatchObject(away)
    await expect(refresh(first.refreshToken)).rejects.toMatchObject(away)
    await world.testClock.advance(60)
    await expect(refresh(first.refreshToken)).rejects.toMatchObject(away)
    const { tenantId, userId, grantId } = verifyAccessToken(world, first.accessToken)
    const session = { tenantId, userId, grantId, sessionId: first.session.id }
    const amr = ['pwd', 'otp', 'mfa']
    const raising = { ...session, amr, also: [], origin: world.origin }
    await expect(raiseSession(world, raising)).rejects.toMatchObject(away)
    const stored = await world.admin.selectFrom('iam.session').select(['id', 'amr']).execute()
    expect(stored).toEqual([{ id: first.session.id, amr: ['pwd'] }])
    await addSigningKey(world, 'RS256')
    expect(algOf(await refresh(first.refreshToken))).toBe('RS256')
  })

  test('are pinned in one tenant alone, with a word in its audit trail', async () => {
    await pin({ client: 'first-party' }, 'EdDSA')
    await pin({ audience }, 'EdDSA')
    expect(await auditOf(world, 'first-party')).toEqual(['client.algorithm_pinned: EdDSA'])
    expect(await auditOf(world, audience)).toEqual(['audience.algorithm_pinned: EdDSA'])
    const clients = await world.admin
      .selectFrom('iam.client')
      .select(['tenant_id', 'access_token_alg'])
      .execute()
    const pinned = clients.filter((client) => client.access_token_alg !== null)
    expect(pinned).toEqual([{ tenant_id: world.acme, access_token_alg: 'EdDSA' }])
  })

  test('cannot be pinned to two by client and audience, whichever is first, nor by two at once', async () => {
    const contradiction = { code: 'wrong_state', detail: expect.stringContaining('different') as string }
    await pin({ client: 'first-party' }, 'RS256')
    await expect(pin({ audience }, 'EdDSA')).rejects.toMatchObject(contradiction)
    await pin({ client: 'first-party' }, null)
    await pin({ audience }, 'EdDSA')
    await expect(pin({ client: 'first-party' }, 'RS256')).rejects.toMatchObject(contradiction)
    await pin({ client: 'first-party' }, 'EdDSA')
    await pin({ client: 'first-party' }, null)
    await pin({ audience }, null)
    const both = await Promise.allSettled([
      pin({ client: 'first-party' }, 'RS256'),
      pin({ audience }, 'EdDSA'),
    ])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  test('cannot be pinned to what the deployment has no keys for, nor for a client that there is not', async () => {
    const pinning = { tenantId: world.acme, of: { client: 'first-party' }, alg: 'EdDSA' } as const
    const usual = pinTokenAlgorithm({ ...world, signingAlgs: ['ES256'] }, pinning)
    await expect(usual).rejects.toMatchObject({ code: 'wrong_state' })
    await expect(pin({ client: 'none' }, 'RS256')).rejects.toMatchObject({ code: 'not_found' })
  })
})
