import { auditOf, deliverMails, eventsOf } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Holders, textOf } from '../support/holder.ts'
import { openApp, type TestApp } from '../support/open-app.ts'

describe('one’s own second factors', () => {
  let open: TestApp
  let holders: Holders
  beforeAll(async () => {
    open = await openApp()
    holders = new Holders(open)
  })
  afterAll(() => open.close())

  const list = async (token: string) => (await holders.ask('GET', '/me/mfa-factors', { token })).body

  test('C187: the secret is told once and sealed, and the factor counts when a code of it was right', async () => {
    const person = await holders.newPerson()
    const token = await holders.tokenOf(person)
    const { answer, app, factorId } = await holders.begin(token)
    expect(answer.status).toBe(201)
    const secret = textOf(answer.body['secret'])
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    const uri = new URL(textOf(answer.body['uri']))
    expect([decodeURIComponent(uri.pathname), uri.searchParams.get('secret')]).toEqual([
      `/acme:${person.email}`,
      secret,
    ])
    expect(await list(token)).toEqual({ items: [], recoveryCodesLeft: 0 })
    expect((await holders.logIn(person)).status).toBe(200)
    expect((await holders.confirm(token, factorId, app.wrongCode())).body.code).toBe('factor_invalid')
    const confirmed = await holders.confirm(token, factorId, app.code())
    expect(confirmed).toMatchObject({ status: 200, body: { recoveryCodes: { length: 10 } } })
    expect(await list(token)).toMatchObject({
      items: [{ id: factorId, kind: 'totp', name: 'my phone', disabled: false }],
      recoveryCodesLeft: 10,
    })
    expect((await holders.logIn(person)).body.code).toBe('mfa_required')
    const rows = JSON.stringify(
      await open.world.admin.selectFrom('iam.factor').selectAll().where('id', '=', factorId).execute(),
    )
    expect(rows).not.toContain(secret)
    expect(rows).not.toContain('my phone')
    const events = await eventsOf(open.world, open.world.acme, person.userId)
    expect(events.at(-1)).toMatchObject({ type: 'user.mfa_enrolled', payload: { factorId, kind: 'totp' } })
    expect(await auditOf(open.world, factorId)).toEqual(['factor.begun: totp', 'user.mfa_enrolled: totp'])
    expect((await deliverMails(open.world)).map(({ letter }) => letter)).toContain('factor_added')
  })

  test('C187: the first one raises the session that confirmed it, and no other one', async () => {
    const person = await holders.newPerson()
    const { body: opened } = await holders.logIn(person)
    const { body: other } = await holders.logIn(person)
    const token = textOf(opened['accessToken'])
    await open.world.testClock.advance(60)
    const { app, factorId } = await holders.begin(token)
    const confirmed = await holders.confirm(token, factorId, app.code())
    expect(confirmed).toMatchObject({ status: 200, body: { tokenType: 'Bearer' } })
    const raised = textOf(confirmed.body['accessToken'])
    const strong = { amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' }
    const sessionOf = async (who: unknown) =>
      (await holders.ask('GET', '/auth/session', { token: textOf(who) })).body['session']
    expect(await sessionOf(raised)).toMatchObject(strong)
    const { refreshToken } = opened
    const refreshed = await holders.ask('POST', '/auth/refresh', { body: { refreshToken } })
    expect(await sessionOf(refreshed.body['accessToken'])).toMatchObject(strong)
    expect(await sessionOf(other['accessToken'])).toMatchObject({ amr: ['pwd'], acr: 'aal1' })
    expect((await holders.ask('POST', '/me/recovery-codes', { token: raised })).status).toBe(201)
    // A token from before knows no more than it did.
    for (const old of [token, textOf(other['accessToken'])])
      expect((await holders.ask('POST', '/me/recovery-codes', { token: old })).body.code).toBe(
        'reauthentication_required',
      )
    // The second one is added by the first, and raises nothing.
    const second = await holders.begin(raised)
    const added = await holders.confirm(raised, second.factorId, second.app.code())
    expect(added).toMatchObject({ status: 200, body: {} })
    expect(added.body).not.toHaveProperty('accessToken')
  })

  test('C185: the code that confirmed opens no login', async () => {
    const person = await holders.newPerson()
    const token = await holders.tokenOf(person)
    const { app, factorId } = await holders.begin(token)
    const code = app.code()
    await holders.confirm(token, factorId, code)
    expect((await holders.verify(await holders.challengeOf(person), { code })).body.code).toBe(
      'factor_invalid',
    )
  })

  test('C187: what waits to be confirmed is its person’s, for ten minutes, for five tries, and confirmed once', async () => {
    const [ada, eve] = [await holders.newPerson(), await holders.newPerson()]
    const [hers, theirs] = [await holders.tokenOf(ada), await holders.tokenOf(eve)]
    const { app, factorId } = await holders.begin(hers)
    const stolen = await holders.confirm(theirs, factorId, app.code())
    expect([stolen.status, stolen.body.code]).toEqual([404, 'not_found'])
    const codes = await Promise.all(
      Array.from({ length: 10 }, () => holders.confirm(hers, factorId, app.code())),
    )
    expect(codes.filter(({ status }) => status === 200)).toHaveLength(1)
    // Who comes after it counts has to show more.
    const late = new Set(codes.filter(({ status }) => status !== 200).map(({ body }) => body.code))
    expect([...late].every((code) => code === 'not_found' || code === 'reauthentication_required')).toBe(true)
    const guessed = await holders.begin(theirs)
    for (let n = 0; n < 5; n += 1) await holders.confirm(theirs, guessed.factorId, guessed.app.wrongCode())
    expect((await holders.confirm(theirs, guessed.factorId, guessed.app.code())).body.code).toBe('not_found')
    const replaced = await holders.begin(theirs)
    await holders.begin(theirs)
    expect((await holders.confirm(theirs, replaced.factorId, replaced.app.code())).body.code).toBe(
      'not_found',
    )
  })

  test('C187: ten minutes after it was begun there is nothing to confirm', async () => {
    const token = await holders.tokenOf(await holders.newPerson())
    const { app, factorId } = await holders.begin(token)
    const { world } = open
    await world.admin
      .updateTable('iam.factor')
      .set({ created_at: new Date(world.clock().getTime() - 601_000) })
      .where('id', '=', factorId)
      .execute()
    expect((await holders.confirm(token, factorId, app.code())).body.code).toBe('not_found')
  })

  test('C187, C200: changing factors asks for a recent login, by the factor where there is one', async () => {
    const holder = await holders.newHolder()
    const weak = await holders.tokenOf(await holders.newPerson())
    const strong = textOf((await holders.logInFully(holder)).body['accessToken'])
    const acts = (token: string) => [
      holders.ask('POST', '/me/mfa-factors', { body: { kind: 'totp' }, token }),
      holders.ask('POST', '/me/recovery-codes', { token }),
      holders.ask('DELETE', `/me/mfa-factors/${holder.factorId}`, { token }),
      holders.confirm(token, holder.factorId, '000000'),
    ]
    // A token from before the factor was added knows nothing of it, and is not enough any more.
    const person = await holders.newPerson()
    const old = await holders.tokenOf(person)
    const { app, factorId } = await holders.begin(old)
    await holders.confirm(old, factorId, app.code())
    const refused = await holders.ask('DELETE', `/me/mfa-factors/${factorId}`, { token: old })
    expect(refused).toMatchObject({ status: 401, body: { code: 'reauthentication_required' } })
    expect(refused.headers['www-authenticate']).toContain('max_age="300", acr_values="aal2"')
    await open.world.testClock.advance(301)
    for (const token of [weak, strong]) {
      for (const answer of await Promise.all(acts(token)))
        expect(answer.body.code).toBe('reauthentication_required')
    }
  })

  test('are named and removed by their person alone; the last takes the recovery codes with it', async () => {
    const holder = await holders.newHolder()
    const token = textOf((await holders.logInFully(holder)).body['accessToken'])
    const other = textOf((await holders.logInFully(await holders.newHolder())).body['accessToken'])
    const path = `/me/mfa-factors/${holder.factorId}`
    const rename = (who: string) =>
      holders.ask('PATCH', path, { body: { name: 'the old phone' }, token: who })
    expect((await rename(other)).body.code).toBe('not_found')
    expect((await holders.ask('DELETE', path, { token: other })).body.code).toBe('not_found')
    const mine = textOf((await holders.logInFully(holder)).body['accessToken'])
    expect((await rename(mine)).status).toBe(204)
    expect(await list(token)).toMatchObject({ items: [{ name: 'the old phone' }] })
    const waiting = await holders.challengeOf(holder)
    await deliverMails(open.world)
    expect((await holders.ask('DELETE', path, { token: mine })).status).toBe(204)
    expect(await list(mine)).toEqual({ items: [], recoveryCodesLeft: 0 })
    expect((await deliverMails(open.world)).map(({ letter }) => letter)).toEqual(['factor_removed'])
    const events = await eventsOf(open.world, open.world.acme, holder.userId)
    expect(events.at(-1)).toMatchObject({ type: 'user.mfa_removed', payload: { factorId: holder.factorId } })
    expect((await holders.verify(waiting, { code: holder.app.code() })).body.code).toBe('challenge_invalid')
    expect((await holders.logIn(holder)).status).toBe(200)
  })

  test('C187: what waits to be confirmed is no factor to remove, and nobody is told so', async () => {
    const person = await holders.newPerson()
    const token = await holders.tokenOf(person)
    const { app, factorId } = await holders.begin(token)
    await deliverMails(open.world)
    const removed = await holders.ask('DELETE', `/me/mfa-factors/${factorId}`, { token })
    expect([removed.status, removed.body.code]).toEqual([404, 'not_found'])
    expect(await deliverMails(open.world)).toEqual([])
    expect((await holders.confirm(token, factorId, app.code())).status).toBe(200)
  })

  test('C188: new recovery codes void the old ones', async () => {
    const holder = await holders.newHolder()
    const token = textOf((await holders.logInFully(holder)).body['accessToken'])
    const renewed = await holders.ask('POST', '/me/recovery-codes', { token })
    expect(renewed).toMatchObject({ status: 201, body: { recoveryCodes: { length: 10 } } })
    const [before = ''] = holder.recoveryCodes
    const [after] = renewed.body['recoveryCodes'] as string[]
    const challenge = await holders.challengeOf(holder)
    expect((await holders.verify(challenge, { recoveryCode: before })).body.code).toBe('factor_invalid')
    expect((await holders.verify(challenge, { recoveryCode: after })).status).toBe(200)
    const none = await holders.tokenOf(await holders.newPerson())
    expect((await holders.ask('POST', '/me/recovery-codes', { token: none })).body.code).toBe('wrong_state')
  })

  test('C202: the last one stays where the tenant requires one; where it has none, none is added', async () => {
    const holder = await holders.newHolder()
    const token = textOf((await holders.logInFully(holder)).body['accessToken'])
    const setPolicy = (policy: object) =>
      open.world.admin
        .updateTable('iam.tenant')
        .set({ policy: JSON.stringify(policy) })
        .where('tenant_id', '=', open.world.acme)
        .execute()
    await setPolicy({ mfa: 'required' })
    const removed = await holders.ask('DELETE', `/me/mfa-factors/${holder.factorId}`, { token })
    await setPolicy({ mfa: 'off' })
    const added = await holders.ask('POST', '/me/mfa-factors', { body: { kind: 'totp' }, token })
    const asked = await holders.logIn(holder)
    await setPolicy({})
    expect([removed.body.code, added.body.code, asked.status]).toEqual(['not_allowed', 'not_allowed', 200])
    expect((await list(token))['items']).toHaveLength(1)
  })
})
