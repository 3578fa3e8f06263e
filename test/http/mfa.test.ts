import { altered, auditOf, deliverMails, eventsOf, tokenIn } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Authenticator } from '../support/authenticator.ts'
import { documentedOperations } from '../support/fuzz/operations.ts'
import { challengeIn, Holders, textOf, type Holder, type Person } from '../support/holder.ts'
import { openApp, type TestApp } from '../support/open-app.ts'

describe('login with a second factor', () => {
  let open: TestApp
  let holders: Holders
  let holder: Holder
  beforeAll(async () => {
    open = await openApp()
    holders = new Holders(open)
    holder = await holders.newHolder()
  })
  afterAll(() => open.close())

  const later = (seconds: number) => open.world.testClock.advance(seconds)
  /** A step has just begun, so that none ends while its codes are tried. */
  const untilStepBegins = () => later(30 - (Math.floor(open.world.clock().getTime() / 1000) % 30))
  const sessionOf = async (token: unknown) =>
    (await holders.ask('GET', '/auth/session', { token: textOf(token) })).body['session']

  test('takes both steps, and every token says so, the refreshed one too', async () => {
    const first = await holders.logIn(holder, { device: 'the phone' })
    expect(first).toMatchObject({
      status: 401,
      body: {
        code: 'mfa_required',
        challenge: { id: expect.stringMatching(/^mlc_/) as string, factors: ['totp', 'recovery'] },
      },
    })
    const second = await holders.verify(challengeIn(first), { code: holder.app.code() })
    expect(second.status).toBe(200)
    expect(second.headers['cache-control']).toBe('no-store')
    const strong = { amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' }
    expect(await sessionOf(second.body['accessToken'])).toMatchObject(strong)
    const { refreshToken } = second.body
    const refreshed = await holders.ask('POST', '/auth/refresh', { body: { refreshToken } })
    const [, payload = ''] = textOf(refreshed.body['accessToken']).split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject(strong)
    const { items } = (
      await holders.ask('GET', '/me/sessions', { token: textOf(second.body['accessToken']) })
    ).body as { items: { name: string; current: boolean }[] }
    expect(items.find(({ current }) => current)?.name).toBe('the phone')
    const events = await eventsOf(open.world, open.world.acme, holder.userId)
    expect(events.at(-1)).toMatchObject({ type: 'user.login_succeeded', payload: { amr: strong.amr } })
    await later(60)
  })

  test('C185: takes a code once, however often and wherever it is tried at once', async () => {
    const challenges = await Promise.all(Array.from({ length: 20 }, () => holders.challengeOf(holder)))
    const code = holder.app.code()
    const answers = await Promise.all(challenges.map((challenge) => holders.verify(challenge, { code })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const others = answers.filter(({ status }) => status !== 200)
    expect(new Set(others.map(({ body }) => body.code))).toEqual(new Set(['factor_invalid']))
    expect((await holders.verify(await holders.challengeOf(holder), { code })).body.code).toBe(
      'factor_invalid',
    )
    await later(60)
  })

  test('C196: answers a challenge once, however often at once', async () => {
    const challenge = await holders.challengeOf(holder)
    const code = holder.app.code()
    const answers = await Promise.all(Array.from({ length: 20 }, () => holders.verify(challenge, { code })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    await later(60)
    const again = await holders.verify(challenge, { code: holder.app.code() })
    expect(again.body.code).toBe('challenge_invalid')
  })

  test('C186: takes codes of clocks that are a step off, and of none that is further', async () => {
    await untilStepBegins()
    for (const [ahead, taken] of [
      [-2, false],
      [2, false],
      [-1, true],
      [0, true],
      [1, true],
      [0, false], // an earlier one than the last
    ] as const) {
      const answer = await holders.verify(await holders.challengeOf(holder), { code: holder.app.code(ahead) })
      expect([ahead, answer.status]).toEqual([ahead, taken ? 200 : 401])
    }
    await later(90)
  })

  test('C186: a challenge takes five wrong answers, which are recorded, and the right one no more', async () => {
    const challenge = await holders.challengeOf(holder)
    for (let n = 0; n < 5; n += 1) {
      const { status, body } = await holders.verify(challenge, { code: holder.app.wrongCode() })
      expect([status, body.code]).toEqual([401, 'factor_invalid'])
    }
    expect((await holders.verify(challenge, { code: holder.app.code() })).body.code).toBe('challenge_invalid')
    expect((await auditOf(open.world, holder.userId)).slice(-5)).toEqual(
      Array(5).fill('user.login_failed: factor'),
    )
    const events = await eventsOf(open.world, open.world.acme, holder.userId)
    expect(events.at(-1)).toMatchObject({ type: 'user.login_failed', payload: { reason: 'factor' } })
  })

  test('C186: a hundred wrong codes in a row, in however many logins, disable the factor; recovery goes on', async () => {
    const victim = await holders.newHolder()
    await open.world.admin
      .updateTable('iam.factor')
      .set({ failures: 98 })
      .where('id', '=', victim.factorId)
      .execute()
    await deliverMails(open.world)
    const wrong = async () =>
      holders.verify(await holders.challengeOf(victim), { code: victim.app.wrongCode() })
    expect((await wrong()).body.code).toBe('factor_invalid')
    expect((await holders.logIn(victim)).body['challenge']).toMatchObject({ factors: ['totp', 'recovery'] })
    await wrong()
    const first = await holders.logIn(victim)
    expect(first.body).toMatchObject({ code: 'mfa_required', challenge: { factors: ['recovery'] } })
    expect((await holders.verify(challengeIn(first), { code: victim.app.code() })).body.code).toBe(
      'factor_invalid',
    )
    expect(await auditOf(open.world, victim.factorId)).toContain('factor.disabled: too_many_failures')
    const mails = await deliverMails(open.world)
    expect(mails.map(({ letter, to }) => [letter, to])).toContainEqual(['factor_disabled', victim.email])
    const [recoveryCode = ''] = victim.recoveryCodes
    expect((await holders.verify(challengeIn(first), { recoveryCode })).status).toBe(200)
  })

  test('a right code ends the row of failures', async () => {
    const person = await holders.newHolder()
    await holders.verify(await holders.challengeOf(person), { code: person.app.wrongCode() })
    await holders.logInFully(person)
    const factor = await open.world.admin
      .selectFrom('iam.factor')
      .select(['failures', 'last_used_at'])
      .where('id', '=', person.factorId)
      .executeTakeFirstOrThrow()
    expect(factor).toEqual({ failures: 0, last_used_at: expect.any(Date) as Date })
  })

  test('C188: a recovery code opens one login, however it is spelt, and its person is told', async () => {
    const person = await holders.newHolder()
    const [first = '', second = ''] = person.recoveryCodes
    await deliverMails(open.world)
    const spelt = ` ${first.toLowerCase().replaceAll('-', ' ')} `
    const opened = await holders.verify(await holders.challengeOf(person), { recoveryCode: spelt })
    expect(await sessionOf(opened.body['accessToken'])).toMatchObject({
      amr: ['pwd', 'recovery', 'mfa'],
      acr: 'aal2',
    })
    expect((await deliverMails(open.world)).map(({ letter }) => letter)).toContain('recovery_code_used')
    const again = await holders.verify(await holders.challengeOf(person), { recoveryCode: first })
    expect(again.body.code).toBe('factor_invalid')
    const challenges = await Promise.all(Array.from({ length: 20 }, () => holders.challengeOf(person)))
    const atOnce = await Promise.all(
      challenges.map((challenge) => holders.verify(challenge, { recoveryCode: second })),
    )
    expect(atOnce.filter(({ status }) => status === 200)).toHaveLength(1)
    const token = textOf(opened.body['accessToken'])
    expect((await holders.ask('GET', '/me/mfa-factors', { token })).body['recoveryCodesLeft']).toBe(8)
  })

  test('C188: no recovery code is at rest as it is spelt', async () => {
    const { rows } = await open.world.admin
      .selectFrom('iam.recovery_code')
      .select('hash')
      .execute()
      .then((found) => ({ rows: found }))
    expect(rows.length).toBeGreaterThan(0)
    for (const { hash } of rows) expect(hash).toHaveLength(32)
  })

  test('C190: a suspension or another password between the steps ends the login', async () => {
    const person = await holders.newHolder()
    const { admin, clock } = open.world
    const challenge = await holders.challengeOf(person)
    await admin
      .updateTable('iam.credential')
      .set({ changed_at: clock() })
      .where('user_id', '=', person.userId)
      .execute()
    const overtaken = await holders.verify(challenge, { code: person.app.code() })
    expect(overtaken.body.code).toBe('challenge_invalid')
    const next = await holders.challengeOf(person)
    await admin.updateTable('iam.user').set({ status: 'suspended' }).where('id', '=', person.userId).execute()
    expect((await holders.verify(next, { code: person.app.code() })).body.code).toBe('user_suspended')
  })

  test('C189: a challenge opens no other route', async () => {
    const challenge = await holders.challengeOf(holder)
    const operations = await documentedOperations()
    expect(operations.length).toBeGreaterThan(30)
    for (const { name, method, path, secured, body } of operations) {
      const url = path
        .replace(/^\/api\/v1/, '')
        .replaceAll(/\{([a-z]+)[A-Za-z]*\}/g, (_, noun: string) => idOf(noun))
      if (secured) {
        const sent = await open.app.inject({
          method,
          url: `/api/v1${url}`,
          headers: { authorization: `Bearer ${challenge}` },
          ...(body === undefined ? {} : { payload: {} }),
        })
        expect([name, sent.statusCode === 401 || sent.statusCode === 400]).toEqual([name, true])
      }
    }
    for (const [path, given] of [
      ['/auth/refresh', { refreshToken: challenge }],
      ['/auth/verify-email', { token: challenge }],
      ['/auth/password/reset/confirm', { token: challenge, password: 'a long enough new password' }],
      ['/auth/email/confirm', { token: challenge }],
      ['/auth/email/undo', { token: challenge }],
      ['/auth/mfa/enrol', { challenge }],
      ['/auth/mfa/enrol/passkey/options', { challenge }],
      ['/auth/mfa/enrol/confirm', { challenge, factor: holder.factorId, code: holder.app.code() }],
    ] as const) {
      const { status, body } = await holders.ask('POST', path, {
        body: given,
        headers: { 'x-tenant-id': 'acme' },
      })
      expect([path, [400, 401].includes(status), body['accessToken']]).toEqual([path, true, undefined])
    }
    const cookie = `__Host-iam_${open.world.acme.slice(4)}=${challenge}`
    const page = await open.app.inject({ url: '/t/acme/account', headers: { cookie } })
    expect(page.headers.location).toBe('/t/acme/sign-in')
    expect((await holders.verify(challenge, { code: holder.app.code() })).status).toBe(200)
    await later(60)
  })

  const idOf = (noun: string) =>
    ({ tenant: open.world.acme, user: holder.userId, factor: holder.factorId })[noun] ??
    (noun === 'role' ? 'tenant.admin' : 'ses_01BX5ZZKBKACTAV9WEVGEMMVRZ')

  test('C201: a challenge is another tenant’s nowhere', async () => {
    const challenge = await holders.challengeOf(holder)
    const answer = { code: holder.app.code() }
    const elsewhere = await holders.verify(challenge, answer, { 'x-tenant-id': 'globex' })
    expect(elsewhere.body.code).toBe('tenant_mismatch')
    expect((await holders.verify(altered(challenge), answer)).body.code).toBe('challenge_invalid')
    expect((await holders.verify('nonsense', answer)).body.code).toBe('challenge_invalid')
  })

  test('a browser gets its refresh token as a cookie at the second step', async () => {
    const { issuer } = open.world
    const first = await holders.logIn(holder, {}, { origin: issuer })
    expect(first.headers['set-cookie']).toBeUndefined()
    const second = await holders.verify(challengeIn(first), { code: holder.app.code() }, { origin: issuer })
    expect(second.body['refreshToken']).toBeUndefined()
    expect(String(second.headers['set-cookie'])).toContain('__Host-iam_refresh_')
    expect(String(second.headers['set-cookie'])).toContain('__Host-iam_device_')
    expect(String(second.headers['set-cookie'])).not.toContain('__Host-iam_trusted_')
    await later(60)
  })

  test('C193: a browser’s page may say that it is trusted; an app may not', async () => {
    const { issuer: origin } = open.world
    const person = await holders.newHolder()
    const sure = { code: person.app.code(), trustDevice: true }
    const asApp = await holders.verify(await holders.challengeOf(person), sure)
    expect([asApp.status, asApp.headers['set-cookie']]).toEqual([200, undefined])
    await later(60)
    const trusting = { code: person.app.code(), trustDevice: true }
    const done = await holders.verify(await holders.challengeOf(person), trusting, { origin })
    const cookie = /__Host-iam_trusted_[^;]+/.exec(String(done.headers['set-cookie']))?.[0] ?? ''
    expect((await holders.logIn(person, {}, { origin, cookie })).status).toBe(200)
    expect((await holders.logIn(person, {}, { cookie })).status).toBe(401)
    expect((await holders.logIn(holder, {}, { origin, cookie })).status).toBe(401)
    await later(60)
  })
})

describe('a tenant that requires a second factor', () => {
  let open: TestApp
  let holders: Holders
  beforeAll(async () => {
    open = await openApp()
    holders = new Holders(open)
    await open.world.admin
      .updateTable('iam.tenant')
      .set({ policy: JSON.stringify({ mfa: 'required' }) })
      .execute()
  })
  afterAll(() => open.close())

  const enrol = async (challenge: string) => {
    const { body } = await holders.ask('POST', '/auth/mfa/enrol', { body: { challenge, name: 'my phone' } })
    const app = new Authenticator(textOf(body['secret']), open.world.clock)
    return { app, factor: textOf(body['id']) }
  }
  const confirm = (challenge: string, factor: string, code: string) =>
    holders.ask('POST', '/auth/mfa/enrol/confirm', { body: { challenge, factor, code } })

  /** Reads the mail of a login as never before. @returns the challenge that was mailed about, and the code. */
  const mailed = async (person: Person) => {
    const first = await holders.logIn(person)
    expect(first.body).toMatchObject({ code: 'mfa_required', challenge: { factors: ['email'] } })
    const mails = (await deliverMails(open.world)).filter(
      ({ letter, to }) => letter === 'login_code' && to === person.email,
    )
    return { challenge: challengeIn(first), code: textOf(mails.at(-1)?.digits) }
  }
  /** The challenge to add a factor by. */
  const enrolmentOf = async (person: Person) => {
    const { challenge, code } = await mailed(person)
    const next = await holders.verify(challenge, { code })
    expect(next.body).toMatchObject({ code: 'mfa_enrolment_required', challenge: { factors: [] } })
    return challengeIn(next)
  }

  test('C191: who only knows the password of somebody without a factor adds none', async () => {
    const person = await holders.newPerson()
    const { challenge, code } = await mailed(person)
    const begun = await holders.ask('POST', '/auth/mfa/enrol', { body: { challenge } })
    expect([begun.status, begun.body.code]).toEqual([401, 'challenge_invalid'])
    const wrong = await holders.verify(challenge, {
      code: code === '00000000' ? '11111111' : '00000000',
    })
    expect(wrong.body).toMatchObject({ code: 'factor_invalid' })
    expect(wrong.body['challenge']).toBeUndefined()
  })

  test('C191: twenty who come with the mailed code at once are asked once to add a factor', async () => {
    const person = await holders.newPerson()
    const { challenge, code } = await mailed(person)
    const answers = await Promise.all(Array.from({ length: 20 }, () => holders.verify(challenge, { code })))
    const coming = (wanted: string) => answers.filter(({ body }) => body.code === wanted)
    expect(coming('mfa_enrolment_required')).toHaveLength(1)
    expect(coming('challenge_invalid')).toHaveLength(19)
    const waiting = await open.world.admin
      .selectFrom('iam.challenge')
      .select('id')
      .where('user_id', '=', person.userId)
      .where('kind', '=', 'factor_enrol')
      .execute()
    expect(waiting).toHaveLength(1)
  })

  test('C191: lets people in once they have added one, with recovery codes, and asks for it from then on', async () => {
    const person = await holders.newPerson()
    const challenge = await enrolmentOf(person)
    const { app, factor } = await enrol(challenge)
    expect((await confirm(challenge, factor, app.wrongCode())).body.code).toBe('factor_invalid')
    const opened = await confirm(challenge, factor, app.code())
    expect(opened).toMatchObject({ status: 200, body: { recoveryCodes: { length: 10 } } })
    const { body } = await holders.ask('GET', '/auth/session', { token: textOf(opened.body['accessToken']) })
    expect(body['session']).toMatchObject({ amr: ['pwd', 'email', 'otp', 'mfa'], acr: 'aal2' })
    expect((await holders.logIn(person)).body).toMatchObject({
      code: 'mfa_required',
      challenge: { factors: ['totp', 'recovery'] },
    })
    const types = (await eventsOf(open.world, open.world.acme, person.userId)).map(({ type }) => type)
    expect(types.slice(-2).toSorted()).toEqual(['user.login_succeeded', 'user.mfa_enrolled'])
    expect((await deliverMails(open.world)).map(({ letter }) => letter)).toContain('factor_added')
  })

  test('C191: of two who add one at once, by the same password, one gets in', async () => {
    const person = await holders.newPerson()
    const mine = await enrolmentOf(person)
    const theirs = await enrolmentOf(person)
    const first = await enrol(mine)
    const second = await enrol(theirs)
    expect((await confirm(mine, first.factor, first.app.code())).body.code).toBe('not_found')
    const third = await enrol(mine)
    const answers = await Promise.all([
      confirm(mine, third.factor, third.app.code()),
      confirm(theirs, third.factor, third.app.code()),
    ])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await confirm(theirs, second.factor, second.app.code())).status).not.toBe(200)
    const late = await holders.ask('POST', '/auth/mfa/enrol', { body: { challenge: theirs } })
    if (late.status === 401) return // theirs was the one that was used
    const app = new Authenticator(textOf(late.body['secret']), open.world.clock)
    const added = await confirm(theirs, textOf(late.body['id']), app.code())
    expect(added.body.code).toBe('challenge_invalid')
  })
})

test('C186: five answers a minute are counted by the person, across logins and addresses', async () => {
  const open = await openApp({ limits: 1 })
  try {
    const holders = new Holders(open)
    const holder = await holders.newHolder()
    const from = (n: number) => ({ 'x-forwarded-for': `198.51.100.${n}` })
    const codes: (string | undefined)[] = []
    for (let n = 0; n < 7; n += 1) {
      const challenge = challengeIn(await holders.logIn(holder, {}, from(n)))
      const { body } = await holders.verify(challenge, { code: holder.app.wrongCode() }, from(n))
      codes.push(body.code)
    }
    // Confirming the factor was the first of five.
    expect(codes).toEqual([
      ...Array<string>(4).fill('factor_invalid'),
      ...Array<string>(3).fill('rate_limited'),
    ])
    const right = await holders.verify(challengeIn(await holders.logIn(holder, {}, from(8))), {
      code: holder.app.code(),
    })
    expect(right.body.code).toBe('rate_limited')
    expect(Number(right.headers['retry-after'])).toBeGreaterThan(0)
  } finally {
    await open.close()
  }
})

test('adding a factor is begun ten times in ten minutes by a person, however many logins they began', async () => {
  const open = await openApp({ limits: 1 })
  try {
    const holders = new Holders(open)
    await open.world.admin
      .updateTable('iam.tenant')
      .set({ policy: JSON.stringify({ mfa: 'required', riskChallengeAt: 100 }) })
      .execute()
    const person = await holders.newPerson()
    const challenges = [await holders.challengeOf(person), await holders.challengeOf(person)]
    const begin = (n: number) =>
      holders.ask('POST', '/auth/mfa/enrol', { body: { challenge: challenges[n % 2] } })
    for (let n = 0; n < 10; n += 1) expect((await begin(n)).status).toBe(200)
    const refused = await begin(10)
    expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited'])
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    const other = challengeIn(await holders.logIn(await holders.newPerson()))
    expect((await holders.ask('POST', '/auth/mfa/enrol', { body: { challenge: other } })).status).toBe(200)
  } finally {
    await open.close()
  }
})

describe('C190: no other way in goes round the second factor', () => {
  let open: TestApp
  let holders: Holders
  beforeAll(async () => {
    open = await openApp()
    holders = new Holders(open)
  })
  afterAll(() => open.close())

  test('C176: a reset of the password keeps the factors, voids the challenge, and logs nobody in', async () => {
    const holder = await holders.newHolder()
    const waiting = await holders.challengeOf(holder)
    await deliverMails(open.world)
    const headers = { 'x-tenant-id': 'acme' }
    await holders.ask('POST', '/auth/password/reset/request', { body: { email: holder.email }, headers })
    const [mail] = await deliverMails(open.world)
    const password = 'a new password that nobody guesses'
    const body = { token: tokenIn(mail), password }
    const reset = await holders.ask('POST', '/auth/password/reset/confirm', { body, headers })
    expect([reset.status, reset.body['accessToken']]).toEqual([204, undefined])
    expect((await holders.verify(waiting, { code: holder.app.code() })).body.code).toBe('challenge_invalid')
    const first = await holders.logIn(holder, { password })
    expect(first.body.code).toBe('mfa_required')
    const second = await holders.verify(challengeIn(first), { code: holder.app.code() })
    expect(second.status).toBe(200)
  })

  test('a refresh says what the login was, not more', async () => {
    const person = await holders.newPerson()
    const { body } = await holders.logIn(person)
    const token = await holders.tokenOf(person)
    const { app, factorId } = await holders.begin(token)
    await holders.confirm(token, factorId, app.code())
    const { refreshToken } = body
    const refreshed = await holders.ask('POST', '/auth/refresh', { body: { refreshToken } })
    const [, payload = ''] = textOf(refreshed.body['accessToken']).split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      amr: ['pwd'],
      acr: 'aal1',
    })
  })
})
