import { createSecretKey, randomBytes } from 'node:crypto'
import { auditOf, eventsOf, logIn, openWorld, rotateSecret, stateOf, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { newId } from '../kit/index.ts'
import { mintOpaqueToken, readOpaqueToken } from '../opaque-token/index.ts'
import { SecretRings, type VersionedKey } from '../secret-key/index.ts'
import { checkSession, refreshSession, RefreshFlights, type IssuedSession } from './index.ts'

describe('refreshSession', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  const refresh = (refreshToken: string, options: { agent?: string; instance?: World } = {}) =>
    refreshSession(options.instance ?? world, {
      refreshToken,
      origin: { ...world.origin, agent: options.agent ?? world.origin.agent },
    })

  /** Another instance as far as sharing flights goes: each call reaches the database. */
  const alone = (): World => ({ ...world, refreshFlights: new RefreshFlights<IssuedSession>() })

  const read = (text: string) => {
    const token = readOpaqueToken(world.secrets.of('token-tag'), 'refresh', text)
    if (token === undefined) throw new Error('not one of ours')
    return token
  }

  /** Another instance that holds these versions of the tags' key. */
  function withTags(versions: readonly VersionedKey[]): World {
    const secrets = new SecretRings()
    for (const purpose of ['refresh-box', 'fingerprint', 'data'] as const)
      secrets.replace(purpose, world.secrets.of(purpose).all())
    secrets.replace('token-tag', versions)
    return { ...alone(), secrets }
  }

  /** A token with a right tag that was never issued: what a leaked tag key would allow. */
  const forge = (token: string, generation: number) => {
    const { tenantId, objectId } = read(token)
    const tagKey = world.secrets.of('token-tag').current(world.clock())
    return mintOpaqueToken(tagKey, {
      type: 'refresh',
      tenantId,
      objectId,
      generation,
      secret: randomBytes(32),
    }).token
  }

  const session = async (issued: IssuedSession) =>
    checkSession(world, verifyAccessToken(world, issued.accessToken))

  test('gives a successor and an access token of the same session', async () => {
    const first = await logIn(world)
    const second = await refresh(first.refreshToken)
    expect(second.refreshToken).not.toBe(first.refreshToken)
    expect(second).toMatchObject({
      session: first.session,
      user: first.user,
      expiresIn: 900,
      refreshExpiresIn: 3600,
    })
    expect(read(second.refreshToken).generation).toBe(2)
    expect(await eventsOf(world, world.acme, first.session.id)).toMatchObject([
      { type: 'session.created', sequence: 1 },
      { type: 'session.refreshed', sequence: 2, payload: { generation: 2 } },
    ])
    expect(await auditOf(world, first.session.id)).toEqual([
      'user.login_succeeded: first_login',
      'session.refreshed',
    ])
  })

  test('C54: 64 parallel presentations on many instances give one successor and log nobody out', async () => {
    const first = await logIn(world)
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => refresh(first.refreshToken, { instance: alone() })),
    )
    expect(new Set(answers.map((answer) => answer.refreshToken)).size).toBe(1)
    const { family } = await stateOf(world, read(first.refreshToken).objectId)
    expect(family).toMatchObject({ generation: '2', served: 63, revoked_at: null })
    const next = await refresh(answers[0]?.refreshToken ?? '')
    expect(await session(next)).toMatchObject({ sessionId: first.session.id })
  })

  test('shares one flight among identical presentations in one instance', async () => {
    const first = await logIn(world)
    const waits = world.waits.count
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(first.refreshToken)))
    expect(world.waits.count - waits).toBe(1)
    expect(new Set(answers.map((answer) => answer.accessToken)).size).toBe(1)
  })

  test('waits on Postgres once with the session in the cache, and twice without', async () => {
    const first = await logIn(world)
    let waits = world.waits.count
    const second = await refresh(first.refreshToken)
    expect(world.waits.count - waits).toBe(1)
    await world.forget()
    waits = world.waits.count
    await refresh(second.refreshToken)
    expect(world.waits.count - waits).toBe(2)
  })

  test('C55: answers a retry after a lost reply with the same successor, and a fresh access token', async () => {
    const first = await logIn(world)
    const lost = await refresh(first.refreshToken)
    await world.testClock.advance(5)
    const retried = await refresh(first.refreshToken)
    expect(retried.refreshToken).toBe(lost.refreshToken)
    expect(retried.accessToken).not.toBe(lost.accessToken)
    expect(await auditOf(world, first.session.id)).toContain('session.refresh_replayed')
  })

  test('C55: answers 64 parallel retries after a lost reply, on many instances, with the successor that was lost', async () => {
    const first = await logIn(world)
    const lost = await refresh(first.refreshToken)
    const retried = await Promise.all(
      Array.from({ length: 64 }, () => refresh(first.refreshToken, { instance: alone() })),
    )
    expect(new Set(retried.map((answer) => answer.refreshToken))).toEqual(new Set([lost.refreshToken]))
    const { family, session: row } = await stateOf(world, read(first.refreshToken).objectId)
    expect(family).toMatchObject({ generation: '2', served: 64, revoked_at: null })
    expect(row.revoked_at).toBeNull()
    const next = await refresh(lost.refreshToken)
    expect(await session(next)).toMatchObject({ sessionId: first.session.id })
  })

  test('C53: ends grant and session when a spent token comes back after the window, and tells both parties were seen', async () => {
    const first = await logIn(world)
    const second = await refresh(first.refreshToken)
    const third = await refresh(second.refreshToken)
    await world.testClock.advance(11)
    await expect(refresh(first.refreshToken)).rejects.toMatchObject({ code: 'refresh_reused' })
    await expect(refresh(third.refreshToken)).rejects.toMatchObject({ code: 'invalid_grant' })
    await expect(session(third)).rejects.toMatchObject({ code: 'session_ended' })
    const { family, session: row } = await stateOf(world, read(first.refreshToken).objectId)
    expect(row).toMatchObject({ revoked_reason: 'refresh_reused' })
    expect(family).toMatchObject({ box: null, prev_hash: null })
    expect(family.revoked_at).not.toBeNull()
    expect((await eventsOf(world, world.acme, first.session.id)).at(-1)).toMatchObject({
      type: 'session.revoked',
      payload: { reason: 'refresh_reused', successorUsed: true },
    })
    expect((await auditOf(world, first.session.id)).at(-1)).toBe('session.revoked: refresh_reused')
  })

  test('C53: says so when the successor was never used, which a reply lost for long explains', async () => {
    const first = await logIn(world)
    await refresh(first.refreshToken)
    await world.testClock.advance(11)
    await expect(refresh(first.refreshToken)).rejects.toMatchObject({ code: 'refresh_reused' })
    expect((await eventsOf(world, world.acme, first.session.id)).at(-1)).toMatchObject({
      payload: { successorUsed: false },
    })
  })

  test('refuses an older token inside its window without a token and without ending anything', async () => {
    const first = await logIn(world)
    const second = await refresh(first.refreshToken)
    const third = await refresh(second.refreshToken)
    await expect(refresh(first.refreshToken)).rejects.toMatchObject({ code: 'invalid_grant' })
    expect((await refresh(third.refreshToken)).session).toEqual(first.session)
  })

  test('answers a token 64 times in its window and no more', async () => {
    const first = await logIn(world)
    await refresh(first.refreshToken)
    await world.admin
      .updateTable('iam.refresh_family')
      .set({ served: 63 })
      .where('session_id', '=', first.session.id)
      .execute()
    await refresh(first.refreshToken)
    await expect(refresh(first.refreshToken)).rejects.toMatchObject({ code: 'invalid_grant' })
  })

  test('changes nothing for forged tokens of this, the last and a future generation, and raises an alarm', async () => {
    const first = await logIn(world)
    const second = await refresh(first.refreshToken)
    const { objectId } = read(second.refreshToken)
    const before = await stateOf(world, objectId)
    for (const generation of [1, 2, 3, 4_294_967_295]) {
      await expect(refresh(forge(second.refreshToken, generation))).rejects.toMatchObject({
        code: 'invalid_grant',
      })
    }
    expect(await stateOf(world, objectId)).toEqual(before)
    expect((await auditOf(world, first.session.id)).slice(-4)).toEqual([
      'session.refresh_refused: forged',
      'session.refresh_refused: forged',
      'session.refresh_refused: future',
      'session.refresh_refused: future',
    ])
    expect((await refresh(second.refreshToken)).session).toEqual(first.session)
  })

  test('asks no more than the directory about a token whose tag is not ours', async () => {
    const first = await logIn(world)
    await world.tenants.require(world.acme) // which is remembered
    const waits = world.waits.count
    const at = 40
    const other = first.refreshToken[at] === 'a' ? 'b' : 'a'
    const tampered = `${first.refreshToken.slice(0, at)}${other}${first.refreshToken.slice(at + 1)}`
    for (const token of [
      tampered,
      '',
      'mlr_',
      `mlr_${'z'.repeat(132)}`,
      `mlk_${first.refreshToken.slice(4)}`,
    ]) {
      await expect(refresh(token)).rejects.toMatchObject({ code: 'invalid_grant' })
    }
    expect(world.waits.count).toBe(waits)
  })

  test('sends a token home whose tag it cannot check, of a tenant that lives in another region', async () => {
    const token = (tenantId: string) =>
      mintOpaqueToken(
        { version: 1, key: createSecretKey(randomBytes(32)) },
        {
          type: 'refresh',
          tenantId,
          objectId: newId('rft', new Date()),
          generation: 1,
          secret: randomBytes(32),
        },
      ).token
    const tenantOf = async (status: string, region: string) => {
      const tenantId = newId('ten', new Date())
      const slug = tenantId.toLowerCase().replace('_', '-')
      const entry = { tenant_id: tenantId, slug, region, status, updated_at: new Date() }
      await world.admin.insertInto('iam.directory').values(entry).execute()
      return tenantId
    }
    for (const status of ['active', 'suspended']) {
      const away = token(await tenantOf(status, 'elsewhere'))
      await expect(refresh(away)).rejects.toMatchObject({ code: 'wrong_region' })
    }
    for (const tenantId of [await tenantOf('closed', 'elsewhere'), world.acme, newId('ten', new Date())]) {
      await expect(refresh(token(tenantId))).rejects.toMatchObject({ code: 'invalid_grant' })
    }
  })

  test('burns a token whose two holders take turns within the window, twice in a row', async () => {
    const first = await logIn(world)
    const second = await refresh(first.refreshToken, { agent: 'the owner' })
    await refresh(first.refreshToken, { agent: 'the thief' })
    const third = await refresh(second.refreshToken, { agent: 'the owner' })
    await expect(refresh(second.refreshToken, { agent: 'the thief' })).rejects.toMatchObject({
      code: 'refresh_reused',
    })
    await expect(refresh(third.refreshToken)).rejects.toMatchObject({ code: 'invalid_grant' })
  })

  test('replays a successor whose tag another version made', async () => {
    const first = await logIn(world)
    const current = world.secrets.of('token-tag').current(world.clock())
    const next = { version: 2, key: createSecretKey(randomBytes(32)), activateAt: new Date(0) }
    const later = { ...next, activateAt: new Date(world.clock().getTime() + 60_000) }
    // An instance whose clock has reached the new version answers first, and its answer is lost.
    const second = await refresh(first.refreshToken, { instance: withTags([current, next]) })
    const retried = await refresh(first.refreshToken, { instance: withTags([current, later]) })
    expect(retried.refreshToken).toBe(second.refreshToken)
  })

  test('forgives one replay from elsewhere, as when a phone changes its network', async () => {
    const first = await logIn(world)
    const second = await refresh(first.refreshToken, { agent: 'at home' })
    await refresh(first.refreshToken, { agent: 'in the street' })
    const third = await refresh(second.refreshToken, { agent: 'in the street' })
    const fourth = await refresh(third.refreshToken, { agent: 'in the street' })
    await refresh(third.refreshToken, { agent: 'at work' })
    expect((await refresh(fourth.refreshToken)).session).toEqual(first.session)
  })

  describe('across a rotation of the key that fingerprints are made with', () => {
    test('a lost reply is no theft, also where one instance does not know the new key', async () => {
      const own = await openWorld(inject('services'))
      try {
        for (const agents of [['vitest'], ['another agent', 'vitest']]) {
          const first = await logIn(own)
          const second = await refresh(first.refreshToken, { instance: own })
          const lagging = await rotateSecret(own, 'fingerprint')
          for (const agent of agents) await refresh(first.refreshToken, { instance: own, agent })
          await refresh(first.refreshToken, { instance: lagging })
          const third = await refresh(second.refreshToken, { instance: own })
          for (const instance of [lagging, own]) await refresh(second.refreshToken, { instance })
          expect((await refresh(third.refreshToken, { instance: lagging })).session).toEqual(first.session)
          await own.testClock.advance(11)
          const code = 'refresh_reused'
          await expect(refresh(third.refreshToken, { instance: own })).rejects.toMatchObject({ code })
          expect((await eventsOf(own, own.acme, first.session.id)).at(-1)?.payload).toMatchObject({
            elsewhere: false,
            successorUsed: false,
          })
        }
      } finally {
        await own.close()
      }
    })

    test('two holders of one token who take turns are found out', async () => {
      const own = await openWorld(inject('services'))
      try {
        const first = await logIn(own)
        const as = (agent: string) => ({ instance: own, agent })
        const second = await refresh(first.refreshToken, as('owner'))
        await rotateSecret(own, 'fingerprint')
        await refresh(first.refreshToken, as('thief'))
        await refresh(second.refreshToken, as('owner'))
        const code = 'refresh_reused'
        await expect(refresh(second.refreshToken, as('thief'))).rejects.toMatchObject({ code })
      } finally {
        await own.close()
      }
    })
  })

  test('consumes nothing while no key can sign', async () => {
    const first = await logIn(world)
    const keys = world.signingKeys.all()
    world.signingKeys.replace([], 0)
    await expect(refresh(first.refreshToken)).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    world.signingKeys.replace(keys, 0)
    expect(read((await refresh(first.refreshToken)).refreshToken).generation).toBe(2)
  })

  test('C56: answers the retry after the signer failed between commit and reply', async () => {
    const first = await logIn(world)
    const [key] = world.signingKeys.all()
    if (key === undefined) throw new Error('no key')
    const broken = {
      ...key,
      sign(): never {
        throw new Error('the signer fails')
      },
    }
    world.signingKeys.replace([broken], 0)
    await expect(refresh(first.refreshToken)).rejects.toThrow('the signer fails')
    world.signingKeys.replace([key], 0)
    expect(read((await refresh(first.refreshToken)).refreshToken).generation).toBe(2)
  })

  test('C57: refuses a token that another tenant is named with, and leaves it usable', async () => {
    const first = await logIn(world)
    const named = { refreshToken: first.refreshToken, tenantId: world.globex, origin: world.origin }
    await expect(refreshSession(world, named)).rejects.toMatchObject({ code: 'tenant_mismatch' })
    await refresh(first.refreshToken)
  })

  test('C60: ends with the idle time, and whatever happens with the absolute one', async () => {
    const idle = await logIn(world)
    const busy = await logIn(world)
    let newest = busy
    for (let hour = 0; hour < 7; hour += 1) {
      await world.testClock.advance(3590)
      newest = await refresh(newest.refreshToken)
    }
    await expect(refresh(idle.refreshToken)).rejects.toMatchObject({ code: 'invalid_grant' })
    await world.testClock.advance(3590)
    const last = await refresh(newest.refreshToken)
    expect(last.refreshExpiresIn).toBeLessThan(100)
    expect(last.expiresIn).toBeLessThan(100)
    await world.testClock.advance(100)
    await expect(refresh(last.refreshToken)).rejects.toMatchObject({ code: 'invalid_grant' })
    await expect(session(last)).rejects.toMatchObject({ code: 'invalid_token' })
  })
})
