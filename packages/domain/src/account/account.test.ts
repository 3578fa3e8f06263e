import { altered, auditOf, deliverMails, eventsOf, openWorld, tokenIn, type World } from '@iam/testkit/world'
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { composeMail } from './index.ts'
import { claimMails } from '../mail/index.ts'
import { checkSession, logInWithPassword, type IssuedSession } from '../session/index.ts'
import {
  changePassword,
  confirmEmailChange,
  registerUser,
  requestEmailChange,
  requestEmailVerification,
  requestPasswordReset,
  resetPassword,
  undoEmailChange,
  verifyEmailByCode,
  verifyEmailByLink,
} from './index.ts'

const password = 'a password that is long enough'
const another = 'another one that is long enough'

describe('an account', () => {
  const worlds: World[] = []
  let world: World
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    worlds.push(world)
  })
  afterAll(async () => {
    await Promise.all(worlds.map((each) => each.close()))
  })

  const from = () => ({ tenantId: world.acme, origin: world.origin })
  const register = (email = 'grace@acme.example') =>
    registerUser(world, { ...from(), email, password, locale: 'fr' })
  const logIn = (given: string, email = 'grace@acme.example') =>
    logInWithPassword(world, { ...from(), email, password: given })
  const session = (issued: IssuedSession) => checkSession(world, verifyAccessToken(world, issued.accessToken))
  const mail = async () => (await deliverMails(world))[0]
  const userId = async (email = 'grace@acme.example') => {
    const user = await world.admin
      .selectFrom('iam.user')
      .selectAll()
      .where('email', '=', email)
      .executeTakeFirstOrThrow()
    return user.id as `usr_${string}`
  }
  const resetLink = async (email = 'grace@acme.example') => {
    await requestPasswordReset(world, { ...from(), email, locale: 'en' })
    return tokenIn(await mail())
  }

  /** What a refused code must leave as it is. */
  async function atRest() {
    const { admin } = world
    return [
      await admin.selectFrom('iam.user').selectAll().orderBy('id').execute(),
      await admin.selectFrom('iam.credential').selectAll().orderBy('user_id').execute(),
      await admin.selectFrom('iam.one_time_code').selectAll().orderBy('id').execute(),
    ]
  }

  /** How often the database was waited for, hashes, and mails that were queued. */
  async function workOf(work: () => Promise<unknown>) {
    const mails = () => world.admin.selectFrom('iam.mail').select('id').execute()
    const before = {
      hashes: world.hasher.count.hashes,
      waits: world.waits.count,
      mails: (await mails()).length,
    }
    const statements = world.waits.sent.length
    const refusal = await work().then(
      () => undefined,
      (error: { code?: string }) => error.code,
    )
    return {
      refusal,
      hashes: world.hasher.count.hashes - before.hashes,
      waits: world.waits.count - before.waits,
      statements: world.waits.sent.length - statements,
      mails: (await mails()).length - before.mails,
    }
  }

  test('C165: registering a known address answers like an unknown one, for the same work, and tells its owner', async () => {
    const unknown = await workOf(() => register())
    const before = await world.admin.selectFrom('iam.credential').selectAll().execute()
    const known = await workOf(() => register())
    expect(unknown).toMatchObject({ refusal: undefined, hashes: 1, mails: 1 })
    expect(known).toEqual(unknown)
    expect(await world.admin.selectFrom('iam.credential').selectAll().execute()).toEqual(before)
    const [first, second] = await deliverMails(world)
    expect(first).toMatchObject({ to: 'grace@acme.example', letter: 'verify_email', locale: 'fr' })
    expect(second).toMatchObject({ to: 'grace@acme.example', letter: 'already_registered' })
    const told = await world.admin
      .selectFrom('iam.outbox')
      .select('payload')
      .where('type', '=', 'user.registration_refused')
      .execute()
    expect(told).toEqual([{ payload: { reason: 'address_taken' } }])
  })

  test('is confirmed by the link, once', async () => {
    await register()
    const token = tokenIn(await mail())
    await verifyEmailByLink(world, { ...from(), token })
    await expect(verifyEmailByLink(world, { ...from(), token })).rejects.toMatchObject({
      code: 'code_invalid',
    })
    const id = await userId()
    expect((await eventsOf(world, world.acme, id)).map((event) => event.type)).toEqual([
      'user.registered',
      'user.email_verified',
    ])
    expect(await auditOf(world, id)).toContain('user.email_verified')
  })

  test('is confirmed by the digits, and five wrong ones void them', async () => {
    await register()
    const digits = (await mail())?.digits ?? ''
    const wrong = String((Number(digits) + 1) % 1e8).padStart(8, '0')
    const verify = (code: string, email = 'grace@acme.example') =>
      verifyEmailByCode(world, { ...from(), email, code }).then(
        () => 'verified',
        (error: { code?: string }) => error.code,
      )
    expect(await verify(wrong)).toBe('code_invalid')
    expect(await verify(`${digits.slice(0, 4)} ${digits.slice(4)}`)).toBe('verified')
    await register('guess@acme.example')
    const guessed = (await mail())?.digits ?? ''
    for (let n = 0; n < 5; n += 1) await verify(wrong, 'guess@acme.example')
    expect(await verify(guessed, 'guess@acme.example')).toBe('code_invalid')
  })

  test('C165: wrong digits cost the same for an address that nobody has', async () => {
    await register()
    await mail()
    const verify = (email: string) => () => verifyEmailByCode(world, { ...from(), email, code: '00000000' })
    const known = await workOf(verify('grace@acme.example'))
    expect(known.refusal).toBe('code_invalid')
    expect(await workOf(verify('nobody@acme.example'))).toEqual(known)
  })

  test('C165: asking for a reset or another confirmation looks nobody up', async () => {
    await register()
    await mail()
    for (const request of [requestPasswordReset, requestEmailVerification]) {
      const ask = (email: string) => () => request(world, { ...from(), email, locale: 'en' })
      const known = await workOf(ask('grace@acme.example'))
      expect(known).toMatchObject({ refusal: undefined, hashes: 0, waits: 1, mails: 1 })
      expect(await workOf(ask('nobody@acme.example'))).toEqual(known)
    }
    const letters = (await deliverMails(world)).map(({ to, letter }) => [to, letter])
    expect(letters).toEqual([
      ['grace@acme.example', 'reset_password'],
      ['nobody@acme.example', 'no_account'],
      ['grace@acme.example', 'verify_email'],
    ])
  })

  test('C176: gets a new password by the mailed link, once, and every session ends', async () => {
    await register()
    const issued = await logIn(password)
    await mail()
    const token = await resetLink()
    await resetPassword(world, { ...from(), token, password: another })
    await expect(session(issued)).rejects.toMatchObject({ code: 'session_ended' })
    await expect(logIn(password)).rejects.toMatchObject({ code: 'invalid_credentials' })
    expect((await logIn(another)).session.id).toMatch(/^ses_/)
    await expect(resetPassword(world, { ...from(), token, password })).rejects.toMatchObject({
      code: 'code_invalid',
    })
    expect((await eventsOf(world, world.acme, await userId())).map((event) => event.type)).toEqual([
      'user.registered',
      'user.login_succeeded',
      'password.reset_requested',
      'password.reset_completed',
      'user.login_failed',
      'user.login_succeeded',
    ])
    expect((await mail())?.letter).toBe('password_changed')
  })

  test('C176: a reset link is void after ten minutes, after a newer one, and after a change of password', async () => {
    await register()
    await mail()
    const reset = (token: string) =>
      resetPassword(world, { ...from(), token, password: another }).then(
        () => 'done',
        (error: { code?: string }) => error.code,
      )
    const late = await resetLink()
    await world.testClock.advance(601)
    expect(await reset(late)).toBe('code_invalid')
    const [first, second] = [await resetLink(), await resetLink()]
    expect(await reset(first)).toBe('code_invalid')
    const issued = await logIn(password)
    const { userId: id } = verifyAccessToken(world, issued.accessToken)
    const { sessionId } = await session(issued)
    const change = { currentPassword: password, newPassword: 'a third one, long enough' }
    await changePassword(world, { ...from(), userId: id, sessionId, authTime: 0, ...change })
    expect(await reset(second)).toBe('code_invalid')
    expect((await session(issued)).sessionId).toBe(sessionId)
  })

  test('C176: what is at rest opens nothing: no stored column holds a link or its digits', async () => {
    await register()
    const verification = await mail()
    const token = await resetLink()
    const secret = token.slice(-100)
    const rows = JSON.stringify([
      await world.admin.selectFrom('iam.one_time_code').selectAll().execute(),
      await world.admin.selectFrom('iam.mail').selectAll().execute(),
      await world.admin.selectFrom('iam.outbox').selectAll().execute(),
      await world.admin.selectFrom('iam.audit_event').selectAll().execute(),
    ])
    expect(rows).not.toContain(secret)
    expect(rows).not.toContain(verification?.digits)
    expect(rows).not.toContain('grace@acme.example')
  })

  test('C179: fifty at once with one link: one sets the password', async () => {
    await register()
    await mail()
    const token = await resetLink()
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        resetPassword(world, { ...from(), token, password: `${another} ${n}` }).then(
          () => n,
          () => undefined,
        ),
      ),
    )
    const [winner, ...others] = outcomes.filter((outcome) => outcome !== undefined)
    expect(others).toEqual([])
    expect((await logIn(`${another} ${winner}`)).session.id).toMatch(/^ses_/)
  })

  test('a link of one tenant, or for another purpose, is refused', async () => {
    await register()
    const verification = tokenIn(await mail())
    const reset = await resetLink()
    const before = await atRest()
    for (const attempt of [
      () => resetPassword(world, { ...from(), token: verification, password: another }),
      () => verifyEmailByLink(world, { ...from(), token: reset }),
      () => resetPassword(world, { ...from(), tenantId: world.globex, token: reset, password: another }),
      () => resetPassword(world, { ...from(), token: altered(reset), password: another }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'code_invalid' })
    }
    expect(await atRest()).toEqual(before)
  })

  test('a mail that is composed twice, after a crash, says the same', async () => {
    await register()
    const [queued] = await claimMails(world.workerDb.kysely, 1)
    if (queued === undefined) throw new Error('nothing is queued')
    const deps = { ...world, db: world.workerDb }
    const first = await composeMail(deps, queued)
    expect(first?.digits).toMatch(/^\d{8}$/)
    expect(await composeMail(deps, queued)).toEqual(first)
  })

  test('C181: changes its address only when the new one answers, tells the old one, which can undo it', async () => {
    await register()
    await mail()
    const issued = await logIn(password)
    const { userId: id } = verifyAccessToken(world, issued.accessToken)
    const ask = (given: string, email: string) =>
      requestEmailChange(world, { ...from(), userId: id, authTime: 0, email, password: given })
    await expect(ask('wrong', 'hopper@acme.example')).rejects.toMatchObject({ code: 'invalid_credentials' })
    await ask(password, 'Hopper@acme.example')
    const confirmation = await mail()
    expect(confirmation).toMatchObject({ to: 'hopper@acme.example', letter: 'change_email' })
    await confirmEmailChange(world, { ...from(), token: tokenIn(confirmation) })
    expect((await logIn(password, 'hopper@acme.example')).user.id).toBe(id)
    const notice = await mail()
    expect(notice).toMatchObject({ to: 'grace@acme.example', letter: 'email_changed' })
    await undoEmailChange(world, { ...from(), token: tokenIn(notice) })
    await expect(session(issued)).rejects.toMatchObject({ code: 'session_ended' })
    await expect(logIn(password)).rejects.toMatchObject({ code: 'user_suspended' })
    await resetPassword(world, { ...from(), token: await resetLink(), password: another })
    expect((await logIn(another)).user.id).toBe(id)
    const changes = (await eventsOf(world, world.acme, id)).filter(
      ({ type }) => type === 'user.email_changed',
    )
    expect(changes.map(({ payload }) => payload['undone'])).toEqual([false, true])
  })

  test('C179, C181: two people at once confirm one address: one has it, and the other is refused', async () => {
    const people = ['grace@acme.example', 'ida@acme.example']
    for (const email of people) await register(email)
    await deliverMails(world)
    const tokens: string[] = []
    for (const email of people) {
      const wanted = { userId: await userId(email), email: 'wanted@acme.example', password }
      await requestEmailChange(world, { ...from(), authTime: 0, ...wanted })
      tokens.push(tokenIn(await mail()))
    }
    const confirm = (token: string) =>
      confirmEmailChange(world, { ...from(), token }).then(
        () => 'confirmed',
        (error: { code?: string }) => error.code,
      )
    const outcomes = await Promise.all(tokens.map((token) => confirm(token)))
    expect(new Set(outcomes)).toEqual(new Set(['code_invalid', 'confirmed']))
    const again = await Promise.all(tokens.map((token) => confirm(token)))
    expect(again).toEqual(['code_invalid', 'code_invalid'])
  })

  test.each(['locked', 'suspended'] as const)(
    'C181: an account that is %s keeps its address, whoever has the new one’s mail',
    async (status) => {
      await register()
      await deliverMails(world)
      const id = await userId()
      await requestEmailChange(world, {
        ...from(),
        userId: id,
        authTime: 0,
        email: 'thief@acme.example',
        password,
      })
      const token = tokenIn(await mail())
      await world.admin.updateTable('iam.user').set({ status }).where('id', '=', id).execute()
      await expect(confirmEmailChange(world, { ...from(), token })).rejects.toMatchObject({
        code: 'code_invalid',
      })
      await world.admin.updateTable('iam.user').set({ status: 'active' }).where('id', '=', id).execute()
      await expect(confirmEmailChange(world, { ...from(), token })).rejects.toMatchObject({
        code: 'code_invalid',
      })
      expect((await logIn(password)).user.id).toBe(id)
    },
  )

  test('C181: asking for the address of somebody else tells that person, and not who asks', async () => {
    await register()
    await register('other@acme.example')
    await deliverMails(world)
    const { userId: id } = verifyAccessToken(world, (await logIn(password)).accessToken)
    const ask = (email: string) => () =>
      requestEmailChange(world, { ...from(), userId: id, authTime: 0, email, password })
    const taken = await workOf(ask('other@acme.example'))
    expect(await workOf(ask('free@acme.example'))).toEqual(taken)
    const letters = (await deliverMails(world)).map(({ to, letter }) => [to, letter])
    expect(letters).toEqual([
      ['other@acme.example', 'already_registered'],
      ['free@acme.example', 'change_email'],
    ])
  })
})
