import { auditOf, deliverMails, eventsOf, tokenIn } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearerOf, openOffice, type Office, type People, type Person } from '../support/administration.ts'
import { openApp } from '../support/open-app.ts'

describe('administration of people', () => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice()
  })
  afterAll(() => office.open.close())

  test.each([
    ['suspend', 'user.suspended', 'account_suspended', 'user_suspended'],
    ['lock', 'user.locked', 'account_locked', 'user_suspended'],
  ])(
    'C161: %s ends every session at once, on every instance, and lets nobody in',
    async (act, event, letter, code) => {
      const other = await openApp({ database: office.world.database, clock: office.world.testClock })
      const person = await office.fresh()
      const login = (await office.logIn(person)).body as { accessToken: string; refreshToken: string }
      const bearer = { authorization: `Bearer ${login.accessToken}` }
      expect([await office.session(bearer), await office.session(bearer, other)]).toEqual([200, 200])
      await deliverMails(office.world)
      const done = await office.ask('admin', ['POST', office.users(`/${person.userId}/${act}`)])
      expect(done).toMatchObject({
        status: 200,
        body: { id: person.userId, status: act === 'lock' ? 'locked' : 'suspended' },
      })
      expect(await office.session(bearer)).toBe('session_ended')
      await other.world.revocations.poll()
      expect(await office.session(bearer, other)).toBe('session_ended')
      const refreshed = await office.ask(undefined, ['POST', '/auth/refresh'], {
        body: { refreshToken: login.refreshToken },
      })
      expect(refreshed.body.code).toBe('invalid_grant')
      expect((await office.logIn(person)).body.code).toBe(code)
      expect((await office.logIn(person, 'wrong')).body.code).toBe('invalid_credentials')
      const actor = { type: 'user', id: office.people.admin.userId }
      const events = await eventsOf(office.world, person.tenantId, person.userId)
      expect(events.find(({ type }) => type === event)?.payload).toMatchObject({
        userId: person.userId,
        actor,
      })
      expect((await deliverMails(office.world)).map(({ to, letter: sent }) => [to, sent])).toEqual([
        [person.email, letter],
      ])
      expect(await auditOf(office.world, person.userId)).toContain(event)
      await other.close()
    },
  )

  test('a session that is about to be opened when its person is suspended is not', async () => {
    const person = await office.fresh()
    const logins = Array.from({ length: 8 }, () => office.logIn(person))
    const suspended = office.ask('admin', ['POST', office.users(`/${person.userId}/suspend`)])
    const statuses = (await Promise.all(logins)).map(({ status, body }) => body.code ?? status)
    expect((await suspended).status).toBe(200)
    expect(statuses.every((one) => one === 200 || one === 'user_suspended')).toBe(true)
    const live = await office.world.admin
      .selectFrom('iam.session')
      .select('id')
      .where('user_id', '=', person.userId)
      .where('revoked_at', 'is', null)
      .execute()
    expect(live).toEqual([])
  })

  test('reactivated, a person logs in again; asking twice changes and mails nothing more', async () => {
    const person = await office.fresh()
    const act = (name: string) => office.ask('admin', ['POST', office.users(`/${person.userId}/${name}`)])
    await act('suspend')
    await act('suspend')
    expect((await act('unlock')).body.code).toBe('wrong_state')
    expect((await act('lock')).body.code).toBe('wrong_state')
    await deliverMails(office.world)
    await act('reactivate')
    await act('reactivate')
    expect((await deliverMails(office.world)).map(({ letter }) => letter)).toEqual(['account_reactivated'])
    expect((await office.logIn(person)).status).toBe(200)
    expect((await auditOf(office.world, person.userId)).filter((row) => row.startsWith('user.'))).toEqual([
      'user.registered',
      'user.suspended',
      'user.suspended: unchanged',
      'user.unlocked: wrong_state',
      'user.locked: wrong_state',
      'user.reactivated',
      'user.reactivated: unchanged',
    ])
  })

  test('a locked account is opened by a new password that was chosen by mail, or by an administrator', async () => {
    const [byMail, byAdministrator] = [await office.fresh(), await office.fresh()]
    for (const { userId } of [byMail, byAdministrator])
      await office.ask('admin', ['POST', office.users(`/${userId}/lock`)])
    await office.ask('admin', ['POST', office.users(`/${byAdministrator.userId}/unlock`)])
    expect((await office.logIn(byAdministrator)).status).toBe(200)
    await deliverMails(office.world)
    const asked = await office.ask('admin', ['POST', office.users(`/${byMail.userId}/password-reset`)])
    expect(asked).toMatchObject({ status: 202, body: { status: 'accepted' } })
    const [mail] = await deliverMails(office.world)
    expect(mail).toMatchObject({ to: byMail.email, letter: 'reset_password' })
    const password = 'a password that was chosen by mail'
    const confirm = { body: { token: tokenIn(mail), password }, headers: { 'x-tenant-id': 'acme' } }
    expect((await office.ask(undefined, ['POST', '/auth/password/reset/confirm'], confirm)).status).toBe(204)
    expect((await office.logIn(byMail, password)).status).toBe(200)
    const events = await eventsOf(office.world, byMail.tenantId, byMail.userId)
    expect(events.find(({ type }) => type === 'user.unlocked')?.payload).toEqual({
      userId: byMail.userId,
      reason: 'password_reset',
    })
  })

  test('an administrator unlocks a password that too many failures disabled', async () => {
    const person = await office.fresh()
    const { admin, clock } = office.world
    const failed = { tenant_id: person.tenantId, user_id: person.userId, in_a_row: 100, last_at: clock() }
    await admin
      .insertInto('iam.login_failure')
      .values({ ...failed, disabled_at: clock() })
      .execute()
    expect((await office.logIn(person)).body.code).toBe('invalid_credentials')
    await office.ask('admin', ['POST', office.users(`/${person.userId}/unlock`)])
    expect((await office.logIn(person)).status).toBe(200)
  })

  test('C183: who is invited chooses a password by the mailed link, within three days, and only once', async () => {
    await deliverMails(office.world)
    const email = 'invited@partner.example'
    const invited = await office.ask('admin', ['POST', office.users()], {
      body: { email, locale: 'fr', roles: ['tenant.admin'] },
    })
    expect(invited).toMatchObject({
      status: 201,
      body: { email, locale: 'fr', roles: ['tenant.admin'], status: 'active', emailVerifiedAt: null },
    })
    const person: Person = {
      tenantId: office.world.acme,
      userId: invited.body['id'] as Person['userId'],
      email,
    }
    const [mail] = await deliverMails(office.world)
    expect(mail).toMatchObject({ to: email, letter: 'invitation', locale: 'fr', minutes: 3 * 1440 })
    expect((await office.logIn(person)).body.code).toBe('invalid_credentials')
    const password = 'the first password that I chose'
    const accept = (chosen: string) =>
      office.ask(undefined, ['POST', '/auth/password/reset/confirm'], {
        body: { token: tokenIn(mail), password: chosen },
        headers: { 'x-tenant-id': 'acme' },
      })
    await office.world.testClock.advance(3 * 86_400 - 60)
    expect((await accept(password)).status).toBe(204)
    expect((await accept('another password that I chose')).body.code).toBe('code_invalid')
    expect(await deliverMails(office.world)).toEqual([])
    const logged = await office.logIn(person, password)
    expect(logged.status).toBe(200)
    const bearer = { authorization: `Bearer ${String(logged.body['accessToken'])}` }
    await office.logInAgain('admin')
    const seen = await office.ask(bearer, ['GET', office.users(`/${person.userId}`)])
    expect(seen.body['emailVerifiedAt']).not.toBeNull()
    await office.logInAgain(...(Object.keys(office.people) as (keyof People)[]))
  })

  test('C219: nobody is invited with more than address, language and roles, nor with a role above one’s own', async () => {
    const invite = (body: object) => office.ask('admin', ['POST', office.users()], { body })
    for (const extra of [{ password: 'x' }, { id: 'usr_x' }, { status: 'active' }, { emailVerified: true }]) {
      expect((await invite({ email: 'more@acme.example', ...extra })).body.code).toBe('invalid_request')
    }
    for (const roles of [['tenant.owner'], ['tenant.admin', 'platform.operator']]) {
      expect((await invite({ email: 'more@acme.example', roles })).body.code).toBe('not_allowed')
    }
    expect((await invite({ email: office.people.member.email })).body.code).toBe('address_taken')
    expect((await office.ask('admin', ['GET', office.users('?email=more@acme.example')])).body.items).toEqual(
      [],
    )
  })

  test('pages walk through everybody once, in one order, and a cursor goes on with its own list alone', async () => {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const path = office.users(`?limit=3${cursor === undefined ? '' : `&cursor=${cursor}`}`)
      const { body } = await office.ask('admin', ['GET', path])
      seen.push(...(body.items ?? []).map(({ id }) => id))
      cursor = body['nextCursor'] as string | undefined
    } while (cursor !== undefined)
    const all = await office.world.admin
      .selectFrom('iam.user')
      .select('id')
      .where('tenant_id', '=', office.world.acme)
      .where('status', '!=', 'erased')
      .orderBy('id')
      .execute()
    expect(seen).toEqual(all.map(({ id }) => id))
    const { nextCursor } = (await office.ask('admin', ['GET', office.users('?limit=1')])).body as {
      nextCursor: string
    }
    const [last = '', tag = ''] = nextCursor.split('.')
    const globex = `/tenants/${office.world.globex}/users`
    for (const [who, path] of [
      ['admin', office.users(`?limit=1&status=active&cursor=${nextCursor}`)],
      ['admin', office.users(`?cursor=${office.people.member.userId}.${tag}`)],
      ['admin', office.users(`?cursor=${last}.${tag.slice(0, -1)}`)],
      ['admin', office.users(`?cursor=${last}`)],
      ['stranger', `${globex}?cursor=${nextCursor}`],
    ] as const) {
      expect((await office.ask(who, ['GET', path])).body.code).toBe('invalid_request')
    }
    for (const query of [
      'limit=0',
      'limit=101',
      'limit=1e309',
      'limit=Infinity',
      'limit=x',
      'status=erased',
      'limit=1&limit=2',
      'sort=email',
    ]) {
      expect((await office.ask('admin', ['GET', office.users(`?${query}`)])).body.code).toBe(
        'invalid_request',
      )
    }
  })

  test('sessions are listed and ended, one or all', async () => {
    const person = await office.fresh()
    const bearer = await bearerOf(office.open, person)
    await bearerOf(office.open, person)
    const path = office.users(`/${person.userId}/sessions`)
    const { items = [] } = (await office.ask('admin', ['GET', path])).body
    expect(items).toHaveLength(2)
    const older = items[1]?.id ?? ''
    expect((await office.ask('admin', ['DELETE', `${path}/${older}`])).status).toBe(204)
    expect(await office.session(bearer)).toBe('session_ended')
    expect((await office.ask('admin', ['DELETE', `${path}/${older}`])).body.code).toBe('not_found')
    const another = office.users(`/${office.people.member2.userId}/sessions/${items[0]?.id ?? ''}`)
    expect((await office.ask('admin', ['DELETE', another])).body.code).toBe('not_found')
    expect((await office.ask('admin', ['DELETE', path])).status).toBe(204)
    expect((await office.ask('admin', ['GET', path])).body.items).toEqual([])
    expect((await eventsOf(office.world, person.tenantId, older)).at(-1)?.payload).toMatchObject({
      reason: 'revoked_by_administrator',
    })
  })
})
