import type { RequestOptions } from '@iam/testkit/authenticator'
import { auditOf, deliverMails, eventsOf, holdPasskey } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openOffice, type Office } from '../support/administration.ts'
import { challengeIn, Holders, textOf } from '../support/holder.ts'
import { openApp, type TestApp } from '../support/open-app.ts'

const claimsOf = (token: unknown) =>
  JSON.parse(Buffer.from(textOf(token).split('.')[1] ?? '', 'base64url').toString()) as {
    acr: string
    amr: string[]
    auth_time: number
  }

describe('step-up', () => {
  let open: TestApp
  let holders: Holders
  beforeAll(async () => {
    open = await openApp()
    holders = new Holders(open)
  })
  afterAll(() => open.close())

  const stepUp = (token: string, body: object = {}) => holders.ask('POST', '/auth/step-up', { body, token })

  /** Somebody whose session is from before they had a factor. */
  async function newHolderWithOldSession() {
    const person = await holders.newPerson()
    const { body } = await holders.logIn(person)
    const token = textOf(body['accessToken'])
    const other = await holders.tokenOf(person)
    const { app, factorId } = await holders.begin(other)
    await holders.confirm(other, factorId, app.code())
    await open.world.testClock.advance(60)
    return { person, token, app, factorId, refreshToken: body['refreshToken'] }
  }

  test('raises a session by its person’s factor: access token, refreshed tokens and the session say so', async () => {
    const { token, app, factorId, refreshToken } = await newHolderWithOldSession()
    const remove = (who: string) => holders.ask('DELETE', `/me/mfa-factors/${factorId}`, { token: who })
    expect((await remove(token)).body.code).toBe('reauthentication_required')
    const asked = await stepUp(token)
    expect(asked).toMatchObject({ status: 401, body: { code: 'mfa_required' } })
    const raised = await stepUp(token, { challenge: challengeIn(asked), code: app.code() })
    expect(raised.status).toBe(200)
    const strong = { acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] }
    const claims = claimsOf(raised.body['accessToken'])
    expect(claims).toMatchObject(strong)
    expect(claims.auth_time).toBeGreaterThan(claimsOf(token).auth_time)
    const { body } = await holders.ask('GET', '/auth/session', { token })
    expect(body['session']).toMatchObject({ ...strong, authTime: claims.auth_time })
    const refreshed = await holders.ask('POST', '/auth/refresh', { body: { refreshToken } })
    expect(claimsOf(refreshed.body['accessToken'])).toMatchObject(strong)
    // A token that somebody took before knows no more than it did.
    expect((await remove(token)).body.code).toBe('reauthentication_required')
    expect((await remove(textOf(raised.body['accessToken']))).status).toBe(204)
  })

  test('C189, C196: its challenge is the session’s own, of its own kind, and answered once', async () => {
    const mine = await newHolderWithOldSession()
    const theirs = await newHolderWithOldSession()
    const challenge = challengeIn(await stepUp(mine.token))
    const code = mine.app.code()
    expect((await stepUp(theirs.token, { challenge, code })).body.code).toBe('challenge_invalid')
    expect((await holders.verify(challenge, { code })).body.code).toBe('challenge_invalid')
    const login = await holders.challengeOf(mine.person)
    expect((await stepUp(mine.token, { challenge: login, code })).body.code).toBe('challenge_invalid')
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => stepUp(mine.token, { challenge, code })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const wrong = challengeIn(await stepUp(mine.token))
    const refused = await stepUp(mine.token, { challenge: wrong, code: mine.app.wrongCode() })
    expect(refused.body.code).toBe('factor_invalid')
  })

  test('C188: by a recovery code it uses that up, and the person is told, as at a login', async () => {
    const holder = await holders.newHolder()
    const opened = await holders.logInFully(holder)
    const token = textOf(opened.body['accessToken'])
    await deliverMails(open.world)
    const [recoveryCode = ''] = holder.recoveryCodes
    const raised = await stepUp(token, { challenge: challengeIn(await stepUp(token)), recoveryCode })
    expect(raised.status).toBe(200)
    expect((await deliverMails(open.world)).map(({ letter, to }) => [letter, to])).toEqual([
      ['recovery_code_used', holder.email],
    ])
    const { id } = await open.world.admin
      .selectFrom('iam.factor')
      .select('id')
      .where('user_id', '=', holder.userId)
      .where('kind', '=', 'recovery')
      .executeTakeFirstOrThrow()
    expect(await auditOf(open.world, id)).toContain('recovery_code.used')
    const again = await stepUp(token, { challenge: challengeIn(await stepUp(token)), recoveryCode })
    expect(again.body.code).toBe('factor_invalid')
  })

  test('with maxAge asks nothing of who showed their factor so lately, and answers a token that says so', async () => {
    const { token, app } = await newHolderWithOldSession()
    expect((await stepUp(token, { maxAge: 86_400 })).body.code).toBe('mfa_required')
    const raised = await stepUp(token, { challenge: challengeIn(await stepUp(token)), code: app.code() })
    const shown = claimsOf(raised.body['accessToken'])
    await open.world.testClock.advance(60)
    // The token that asks is the one from before.
    const again = await stepUp(token, { maxAge: 3_600 })
    expect(again).toMatchObject({ status: 200, body: { tokenType: 'Bearer' } })
    expect(claimsOf(again.body['accessToken'])).toMatchObject({
      acr: 'aal2',
      amr: ['pwd', 'otp', 'mfa'],
      auth_time: shown.auth_time,
    })
    for (const body of [{ maxAge: 59 }, { maxAge: 0 }, {}])
      expect((await stepUp(token, body)).body.code).toBe('mfa_required')
    for (const maxAge of [-1, 86_401, 1.5, '60'])
      expect((await stepUp(token, { maxAge })).body.code).toBe('invalid_request')
  })

  test('with maxAge too takes no proof from before a theft', async () => {
    const holder = await holders.newHolder()
    const token = textOf((await holders.logInFully(holder)).body['accessToken'])
    expect((await stepUp(token, { maxAge: 300 })).status).toBe(200)
    await open.world.admin
      .updateTable('iam.user')
      .set({ step_up_since: open.world.clock() })
      .where('id', '=', holder.userId)
      .execute()
    expect((await stepUp(token, { maxAge: 300 })).body.code).toBe('mfa_required')
  })

  /** Somebody whose session is from before they had a passkey, and how it answers. */
  async function newPasskeyHolder() {
    const person = await holders.newPerson()
    const { body } = await holders.logIn(person)
    const { authenticator } = await holdPasskey(open.world, person)
    const token = textOf(body['accessToken'])
    await open.world.testClock.advance(60)
    const begin = async () => {
      const challenge = challengeIn(await stepUp(token))
      const begun = await holders.ask('POST', '/auth/mfa/challenge', { body: { challenge } })
      return { challenge, options: begun.body['options'] as RequestOptions }
    }
    return { person, token, authenticator, begin, refreshToken: body['refreshToken'] }
  }
  const sessionBy = async (token: string) =>
    (await holders.ask('GET', '/auth/session', { token })).body['session'] as object

  test('by a passkey raises it as much: access token, refreshed tokens and the session say so', async () => {
    const { token, authenticator, begin, refreshToken } = await newPasskeyHolder()
    expect(claimsOf(token)).toMatchObject({ acr: 'aal1', amr: ['pwd'] })
    const { challenge, options } = await begin()
    const raised = await stepUp(token, { challenge, passkey: authenticator.get(options) })
    expect(raised.status).toBe(200)
    const strong = { acr: 'aal2', amr: ['pwd', 'hwk', 'mfa'] }
    const claims = claimsOf(raised.body['accessToken'])
    expect(claims).toMatchObject(strong)
    expect(claims.auth_time).toBeGreaterThan(claimsOf(token).auth_time)
    expect(await sessionBy(token)).toMatchObject({ ...strong, authTime: claims.auth_time })
    const refreshed = await holders.ask('POST', '/auth/refresh', { body: { refreshToken } })
    expect(claimsOf(refreshed.body['accessToken'])).toMatchObject({ ...strong, auth_time: claims.auth_time })
  })

  test('C196, C198, C199: what a passkey answered is taken once, from its person, in the session that asked', async () => {
    const [mine, theirs] = [await newPasskeyHolder(), await newPasskeyHolder()]
    const before = await sessionBy(mine.token)
    const { challenge, options } = await mine.begin()
    const foreign = theirs.authenticator.get({ ...options, allowCredentials: [] })
    expect((await stepUp(mine.token, { challenge, passkey: foreign })).body.code).toBe('factor_invalid')
    expect((await auditOf(open.world, mine.person.userId)).at(-1)).toBe(
      'user.login_failed: factor: wrong_user',
    )
    const passkey = mine.authenticator.get(options)
    expect((await stepUp(theirs.token, { challenge, passkey })).body.code).toBe('challenge_invalid')
    expect((await holders.verify(challenge, { passkey })).body.code).toBe('challenge_invalid')
    expect(await sessionBy(mine.token)).toEqual(before)
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => stepUp(mine.token, { challenge, passkey })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await stepUp(mine.token, { challenge, passkey })).body.code).toBe('challenge_invalid')
    const again = await mine.begin()
    expect((await stepUp(mine.token, { challenge: again.challenge, passkey })).body.code).toBe(
      'factor_invalid',
    )
    const copied = mine.authenticator.get(again.options, { signCount: 1 })
    expect((await stepUp(mine.token, { challenge: again.challenge, passkey: copied })).body.code).toBe(
      'factor_invalid',
    )
  })

  test('asks nothing of who has no factor: they log in again', async () => {
    const token = await holders.tokenOf(await holders.newPerson())
    expect((await stepUp(token)).body.code).toBe('not_allowed')
  })
})

test('a step-up is begun ten times a minute by a person', async () => {
  const open = await openApp({ limits: 1 })
  try {
    const holders = new Holders(open)
    const holder = await holders.newHolder()
    const token = textOf((await holders.logInFully(holder)).body['accessToken'])
    const begin = () => holders.ask('POST', '/auth/step-up', { body: {}, token })
    for (let n = 0; n < 10; n += 1) expect((await begin()).body.code).toBe('mfa_required')
    const refused = await begin()
    expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited'])
    const challenges = await open.world.admin
      .selectFrom('iam.challenge')
      .select('id')
      .where('kind', '=', 'step_up')
      .execute()
    expect(challenges).toHaveLength(10)
  } finally {
    await open.close()
  }
})

describe('C202: an administrator takes the factors of a person away who lost them', () => {
  let office: Office
  let holders: Holders
  beforeAll(async () => {
    office = await openOffice()
    holders = new Holders(office.open)
  })
  afterAll(() => office.open.close())

  test('sessions end, the person is told, it is recorded, and the password alone is asked for again', async () => {
    const { world } = office
    const holder = await holders.newHolder()
    const opened = await holders.logInFully(holder)
    const waiting = await holders.challengeOf(holder)
    await deliverMails(world)
    const path = office.users(`/${holder.userId}/mfa-factors`)
    const listed = await office.ask('admin', ['GET', path])
    expect(listed.body).toMatchObject({
      items: [{ id: holder.factorId, kind: 'totp' }],
      recoveryCodesLeft: 10,
    })
    expect(JSON.stringify(listed.body)).not.toContain('my phone')
    expect((await office.ask('admin', ['DELETE', path])).status).toBe(204)
    const { body } = await holders.ask('GET', '/auth/session', { token: textOf(opened.body['accessToken']) })
    expect(body.code).toBe('session_ended')
    expect((await holders.verify(waiting, { code: holder.app.code() })).body.code).toBe('challenge_invalid')
    const mails = await deliverMails(world)
    expect(mails).toMatchObject([
      { letter: 'factor_removed', to: holder.email, params: { by: 'administrator' } },
    ])
    expect(await auditOf(world, holder.userId)).toContain('user.factors_reset')
    const events = await eventsOf(world, world.acme, holder.userId)
    expect(events.at(-1)).toMatchObject({
      type: 'user.mfa_removed',
      payload: { factorId: holder.factorId, actor: { type: 'user' } },
    })
    expect((await holders.logIn(holder)).status).toBe(200)
    expect((await office.ask('admin', ['DELETE', path])).status).toBe(204)
  })
})
