import { deliverMails } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearerOf, settle, type People } from '../support/administration.ts'
import { challengeIn, Holders, textOf, type Answer, type Person } from '../support/holder.ts'
import { openApp, type TestApp } from '../support/open-app.ts'
import { PageVisitor } from '../support/page-visitor.ts'

const claimsOf = (token: unknown) =>
  JSON.parse(Buffer.from(textOf(token).split('.')[1] ?? '', 'base64url').toString()) as {
    acr: string
    auth_time: number
  }

const newPassword = 'another one that is long enough'

/** OAuth 2.0 Security BCP (RFC 9700) 4.14.2; RFC 9470. */
describe('C53: the sessions that survive a theft', () => {
  let open: TestApp
  let holders: Holders
  let people: People
  beforeAll(async () => {
    open = await openApp()
    holders = new Holders(open)
    people = await settle(open.world)
  })
  afterAll(() => open.close())

  const password = () => open.world.demo.password
  const tokenIn = ({ body }: Answer) => textOf(body['accessToken'])

  /** A session of theirs is stolen: an old token comes back from somewhere else. It takes less than five minutes. */
  async function steal(login: Answer): Promise<void> {
    const refresh = (headers: Record<string, string>) => {
      const body = { refreshToken: textOf(login.body['refreshToken']) }
      return holders.ask('POST', '/auth/refresh', { body, headers })
    }
    expect((await refresh({ 'user-agent': 'owner/1.0' })).status).toBe(200)
    await open.world.testClock.advance(60)
    expect((await refresh({ 'user-agent': 'thief/1.0' })).body.code).toBe('refresh_reused')
  }

  const askedFor = ({ status, body, headers }: Answer) => ({
    status,
    code: body.code,
    wanted: headers['www-authenticate'],
  })
  const anew = {
    status: 401,
    code: 'reauthentication_required',
    wanted: expect.stringContaining('error="insufficient_user_authentication", max_age=') as unknown,
  }

  const changePassword = (token: string) =>
    holders.ask('POST', '/auth/password/change', {
      token,
      body: { currentPassword: password(), newPassword },
    })
  const changeEmail = (token: string, { email }: Person) =>
    holders.ask('POST', '/me/email', { token, body: { email: `new.${email}`, password: password() } })

  test('change no password, address or factor by a login of a minute ago, until there is another login', async () => {
    const person = await holders.newPerson()
    const survivor = tokenIn(await holders.logIn(person))
    await steal(await holders.logIn(person))
    expect(askedFor(await changePassword(survivor))).toEqual(anew)
    expect(askedFor(await changeEmail(survivor, person))).toEqual(anew)
    expect(
      askedFor(
        (await holders.begin(survivor).catch(() => undefined))?.answer ?? (await beginFactor(survivor)),
      ),
    ).toEqual(anew)
    expect((await holders.ask('GET', '/me', { token: survivor })).status).toBe(200)
    expect((await holders.ask('GET', '/me/sessions', { token: survivor })).status).toBe(200)
    const fresh = tokenIn(await holders.logIn(person))
    expect((await changeEmail(fresh, person)).status).toBe(202)
    expect((await beginFactor(fresh)).status).toBe(201)
    expect((await changePassword(fresh)).status).toBe(204)
  })

  const beginFactor = (token: string) =>
    holders.ask('POST', '/me/mfa-factors', { token, body: { kind: 'totp', name: 'a phone' } })

  test('are refreshed, to tokens that say that nothing is proved, until they step up', async () => {
    const holder = await holders.newHolder()
    const survivor = await holders.logInFully(holder)
    await steal(await holders.logInFully(holder))
    const refresh = async (refreshToken: unknown) =>
      holders.ask('POST', '/auth/refresh', { body: { refreshToken } })
    const stale = await refresh(survivor.body['refreshToken'])
    expect(stale.body).toMatchObject({ stepUpRequired: true })
    const before = claimsOf(tokenIn(survivor))
    expect(claimsOf(tokenIn(stale))).toMatchObject({ acr: '0', auth_time: before.auth_time })
    expect((await changePassword(tokenIn(stale))).body.code).toBe('reauthentication_required')

    const token = tokenIn(stale)
    const asked = await holders.ask('POST', '/auth/step-up', { token, body: {} })
    const answer = { challenge: challengeIn(asked), code: holder.app.code() }
    const raised = await holders.ask('POST', '/auth/step-up', { token, body: answer })
    expect(claimsOf(tokenIn(raised)).acr).toBe('aal2')
    const refreshed = await refresh(stale.body['refreshToken'])
    expect(refreshed.body).not.toHaveProperty('stepUpRequired')
    expect(claimsOf(tokenIn(refreshed)).acr).toBe('aal2')
    expect((await changePassword(token)).body.code).toBe('reauthentication_required')
    expect((await changePassword(tokenIn(raised))).status).toBe(204)
  })

  test('of an administrator administer nothing, not even what asks for no recent login', async () => {
    const { owner, member } = people
    const login = { email: owner.email }
    const survivor = { authorization: `Bearer ${tokenIn(await holders.logIn(login))}` }
    await steal(await holders.logIn(login))
    const users = `/tenants/${open.world.acme}/users`
    const acts = [
      ['GET', users],
      ['POST', `${users}/${member.userId}/lock`],
      ['DELETE', `${users}/${member.userId}/sessions`],
      ['PATCH', `/tenants/${open.world.acme}/policy`],
    ] as const
    const send = ([method, path]: (typeof acts)[number], headers: { authorization: string }) =>
      holders.ask(method, path, { headers, ...(method === 'PATCH' ? { body: { maxSessions: 7 } } : {}) })
    for (const act of acts) expect(askedFor(await send(act, survivor))).toEqual(anew)
    const fresh = await bearerOf(open, owner)
    for (const act of acts) expect((await send(act, fresh)).status).toBeLessThan(300)
  })

  test('administrators see both parties, before the mail about it is written and afterwards', async () => {
    const person = await holders.newPerson()
    const reuses = async () => {
      const path = `/tenants/${open.world.acme}/users/${person.userId}/token-reuses`
      const headers = await bearerOf(open, people.admin)
      return (await holders.ask('GET', path, { headers })).body['items'] as Record<string, unknown>[]
    }
    expect(await reuses()).toEqual([])
    const login = await holders.logIn(person)
    await steal(login)
    const { id: sessionId } = login.body['session'] as { id: string }
    const at = expect.stringMatching(/^2.*Z$/) as unknown
    const both = { system: null, network: '127.0.0.0/24', place: null, at }
    const seen = [
      {
        sessionId,
        alarming: true,
        holder: { ...both, program: 'owner' },
        presenter: { ...both, program: 'thief' },
      },
    ]
    expect(await reuses()).toEqual(seen)
    await deliverMails(open.world)
    expect(await reuses()).toEqual(seen)
  })

  test('of a browser lead to the sign-in and back, and end all others without it', async () => {
    const person = await holders.newPerson()
    const browser = new PageVisitor(open.app)
    const form = { email: person.email, password: password() }
    await browser.fill('/t/acme/sign-in', form)
    await steal(await holders.logIn(person))
    await deliverMails(open.world)
    expect(await browser.open('/t/acme/account')).toMatchObject({ status: 200 })
    for (const name of ['password', 'email', 'factors']) {
      const sent = await browser.open(`/t/acme/account/${name}`)
      expect(sent).toMatchObject({ status: 303, location: `/t/acme/sign-in?next=${name}` })
      expect((await browser.open(sent.location ?? '')).body).toContain('<h1>Sign in again</h1>')
    }
    const back = await browser.send('/t/acme/sign-in', { ...form, next: 'password' })
    expect(back).toMatchObject({ status: 303, location: '/t/acme/account/password' })
    for (const name of ['password', 'email', 'factors'])
      expect((await browser.open(`/t/acme/account/${name}`)).status).toBe(200)
  })
})
