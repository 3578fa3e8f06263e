import { openKmsCustody, type KmsCustody } from '@iam/testkit/kms-custody'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { challengeIn, Holders, textOf, type Answer } from '../support/holder.ts'
import { openApp, type TestApp } from '../support/open-app.ts'

const service = 'KeyManagementService'
const audience = 'https://id.example.test'

describe.each(['ES256', 'RS256', 'EdDSA'] as const)('signing keys of %s in KMS', (alg) => {
  let open: TestApp
  let custody: KmsCustody
  let holders: Holders
  let kid: string
  beforeAll(async () => {
    open = await openApp({ usualAlg: alg })
    custody = await openKmsCustody(open.world, { alg })
    kid = await custody.moveIn()
    holders = new Holders(open)
  })
  afterAll(async () => {
    await custody.close()
    await open.close()
  })

  const logIn = async () => holders.logIn(await holders.newPerson())
  const refresh = ({ body }: Answer) =>
    holders.ask('POST', '/auth/refresh', { body: { refreshToken: body['refreshToken'] } })
  const check = (token: unknown) => holders.ask('GET', '/auth/session', { token: textOf(token) })
  /** Verifies as any service does, by the key set that was published. */
  const verify = async (token: unknown) => {
    const claims = decodeJwt<{ keys: JSONWebKeySet['keys'] }>(custody.published())
    const keySet = createLocalJWKSet({ keys: claims.keys })
    return jwtVerify(textOf(token), keySet, { audience, currentDate: open.world.clock() })
  }

  test('log in, refresh, and are verified by anybody', async () => {
    const before = custody.calls('AsymmetricSign')
    const opened = await logIn()
    expect(opened.status).toBe(200)
    const refreshed = await refresh(opened)
    expect(refreshed.status).toBe(200)
    for (const token of [opened.body['accessToken'], refreshed.body['accessToken']]) {
      expect(decodeProtectedHeader(textOf(token))).toEqual({ alg, typ: 'at+jwt', kid })
      expect((await verify(token)).payload.iss).toBe(audience)
      expect((await check(token)).status).toBe(200)
    }
    expect(custody.calls('AsymmetricSign') - before).toBeGreaterThan(0)
    expect((await refresh(refreshed)).status).toBe(200)
  })
})

describe('KMS in trouble', () => {
  let open: TestApp
  let custody: KmsCustody
  let holders: Holders
  /** Moves what breaker and recent tokens go by. */
  let elapsed = 0
  beforeAll(async () => {
    open = await openApp()
    custody = await openKmsCustody(open.world, { monotonic: () => elapsed })
    await custody.moveIn()
    holders = new Holders(open)
  })
  afterEach(() => {
    custody.emulator.faults.clear()
    aMomentLater()
  })
  afterAll(async () => {
    await custody.close()
    await open.close()
  })

  const refresh = (refreshToken: unknown) => holders.ask('POST', '/auth/refresh', { body: { refreshToken } })
  const check = (token: unknown) => holders.ask('GET', '/auth/session', { token: textOf(token) })
  /** Everything that a token that was not given may have left behind. */
  const state = async () => ({
    sessions: await open.world.admin.selectFrom('iam.session').select(['id', 'amr', 'revoked_at']).execute(),
    families: await open.world.admin
      .selectFrom('iam.refresh_family')
      .select(['id', 'generation', 'claims', 'claims_version', 'served', 'expires_at'])
      .orderBy('id')
      .execute(),
    told: (await open.world.admin.selectFrom('iam.outbox').select('event_id').execute()).length,
  })
  const unavailable = { status: 503, body: { code: 'temporarily_unavailable' } }
  const aMomentLater = () => (elapsed += 60_000)

  test.each([
    ['is away', { code: 'UNAVAILABLE' }],
    ['does not answer in time', { code: 'DEADLINE_EXCEEDED' }],
    ['has no quota left', { code: 'RESOURCE_EXHAUSTED' }],
    ['permits nothing any more', { code: 'PERMISSION_DENIED' }],
    ['has the version disabled', { code: 'FAILED_PRECONDITION' }],
    ['signs something else', { corrupt: 'bytes' }],
    ['answers with other checksums', { corrupt: 'checksums' }],
    ['did not verify what it was sent', { corrupt: 'verified' }],
  ] as const)('C26, C262: while KMS %s nothing is issued and nothing changes', async (_what, fault) => {
    const person = await holders.newPerson()
    const opened = await holders.logIn(person)
    const { accessToken, refreshToken } = opened.body
    aMomentLater()
    const before = await state()
    custody.emulator.faults.inject({ service, method: 'AsymmetricSign', ...fault })
    for (let n = 0; n < 3; n += 1) {
      const refused = await refresh(refreshToken)
      expect(refused).toMatchObject(unavailable)
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
      expect(await holders.logIn(person)).toMatchObject(unavailable)
      elapsed += 10_000
    }
    expect(await state()).toEqual(before)
    // Verification and everything else goes on, also in an instance that has only just started.
    await custody.load()
    expect((await check(accessToken)).status).toBe(200)
    expect(custody.heard.length).toBeGreaterThan(0)

    custody.emulator.faults.clear()
    aMomentLater()
    const recovered = await refresh(refreshToken)
    expect(recovered.status).toBe(200)
    expect((await check(recovered.body['accessToken'])).status).toBe(200)
    expect((await holders.logIn(person)).status).toBe(200)
  })

  test('C262: an outage uses up no proof of a second factor', async () => {
    const holder = await holders.newHolder()
    const token = textOf((await holders.logInFully(holder)).body['accessToken'])
    const stepUp = (body: object) => holders.ask('POST', '/auth/step-up', { token, body })
    const challenge = challengeIn(await stepUp({}))
    aMomentLater()
    const answer = { challenge, code: holder.app.code() }
    const before = await state()
    custody.emulator.faults.inject({ service, method: 'AsymmetricSign', code: 'UNAVAILABLE' })
    expect(await stepUp(answer)).toMatchObject(unavailable)
    expect(await state()).toEqual(before)
    custody.emulator.faults.clear()
    aMomentLater()
    const raised = await stepUp(answer)
    expect(raised.status).toBe(200)
    expect(decodeJwt(textOf(raised.body['accessToken']))).toMatchObject({ acr: 'aal2' })
  })

  /** Has the claims of a session changed while a token of it is being signed, so many times. */
  async function changeWhileSigning(sessionId: string, times: number, work: () => Promise<Answer>) {
    const { sign } = custody.signing
    let left = times
    const changing = async (version: string, bytes: Buffer) => {
      left -= 1
      if (left >= 0) {
        const acr = `changed ${left}`
        await sql`update iam.refresh_family set claims = claims || ${JSON.stringify({ acr })}::jsonb,
          claims_version = claims_version + 1 where session_id = ${sessionId}`.execute(open.world.admin)
      }
      return sign(version, bytes)
    }
    Object.assign(custody.signing, { sign: changing })
    const before = custody.calls('AsymmetricSign')
    const answer = await work().finally(() => Object.assign(custody.signing, { sign }))
    return { answer, signed: custody.calls('AsymmetricSign') - before }
  }

  test('claims that change while they are signed are signed once more, and nothing is given for the old ones', async () => {
    const opened = await holders.logIn(await holders.newPerson())
    const { id } = opened.body['session'] as { id: string }
    aMomentLater()
    const once = await changeWhileSigning(id, 1, () => refresh(opened.body['refreshToken']))
    expect(once).toMatchObject({ answer: { status: 200 }, signed: 2 })
    expect(decodeJwt(textOf(once.answer.body['accessToken']))).toMatchObject({ acr: 'changed 0' })
    aMomentLater()
    const next = once.answer.body['refreshToken']
    const generations = async () => (await state()).families.map(({ generation }) => generation)
    const before = await generations()
    const { answer } = await changeWhileSigning(id, 2, () => refresh(next))
    expect(answer).toMatchObject(unavailable)
    expect(await generations()).toEqual(before)
    expect((await refresh(next)).status).toBe(200)
  })

  test('a token that is no good costs no signature', async () => {
    const opened = await holders.logIn(await holders.newPerson())
    const first = await refresh(opened.body['refreshToken'])
    const second = await refresh(first.body['refreshToken'])
    expect(second.status).toBe(200)
    await open.world.testClock.advance(60)
    aMomentLater()
    const before = custody.calls('AsymmetricSign')
    expect((await refresh(opened.body['refreshToken'])).body.code).toBe('refresh_reused')
    expect((await refresh(second.body['refreshToken'])).body.code).toBe('invalid_grant')
    expect(custody.calls('AsymmetricSign')).toBe(before)
  })

  test('a login and a refresh are signed once each, and step-up too', async () => {
    const person = await holders.newPerson()
    const signed = async (work: () => Promise<Answer>) => {
      const before = custody.calls('AsymmetricSign')
      const answer = await work()
      expect(answer.status).toBe(200)
      aMomentLater()
      return { answer, times: custody.calls('AsymmetricSign') - before }
    }
    const { answer: opened, times } = await signed(() => holders.logIn(person))
    expect(times).toBe(1)
    const once = await signed(() => refresh(opened.body['refreshToken']))
    expect(once.times).toBe(1)
    // Within seconds the same token is given again: for the successor, too, since it says the same.
    const both = await signed(async () => {
      const first = await refresh(once.answer.body['refreshToken'])
      const second = await refresh(first.body['refreshToken'])
      expect(second.body['accessToken']).toBe(first.body['accessToken'])
      expect(second.body['refreshToken']).not.toBe(first.body['refreshToken'])
      return second
    })
    expect(both.times).toBe(1)
  })
})
