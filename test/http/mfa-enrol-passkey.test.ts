import { SoftAuthenticator, type CreationOptions, type RequestOptions } from '@iam/testkit/authenticator'
import { auditOf, deliverMails, eventsOf, setPolicy } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Authenticator } from '../support/authenticator.ts'
import { challengeIn, Holders, textOf, type Answer, type Person } from '../support/holder.ts'
import { openApp, type TestApp } from '../support/open-app.ts'

const path = '/auth/mfa/enrol/passkey'

describe('a passkey as the factor that a login asks for', () => {
  let open: TestApp
  let holders: Holders
  beforeAll(async () => {
    open = await openApp()
    holders = new Holders(open)
    // Nobody’s login is so unusual that a mail is to be read before.
    await setPolicy(open.world, { mfa: 'required', riskChallengeAt: 100 })
  })
  afterAll(() => open.close())

  const here = () => new SoftAuthenticator(new URL(open.world.issuer).origin)
  const begin = async (challenge: string): Promise<Answer> =>
    holders.ask('POST', `${path}/options`, { body: { challenge } })
  const optionsIn = ({ body }: Answer) => body['options'] as CreationOptions
  const add = (challenge: string, passkey: object, headers = {}) =>
    holders.ask('POST', path, { body: { challenge, passkey, name: 'my key' }, headers })
  const enrolmentOf = async (person: Person) => {
    const first = await holders.logIn(person)
    expect(first.body).toMatchObject({ code: 'mfa_enrolment_required', challenge: { factors: [] } })
    return challengeIn(first)
  }
  const passkeysOf = (userId: string) =>
    open.world.admin.selectFrom('iam.passkey').select('factor_id').where('user_id', '=', userId).execute()
  const codeOf = ({ body }: Answer) => body.code

  test('C191: opens the session with recovery codes, and logs in by itself from then on', async () => {
    const person = await holders.newPerson()
    const challenge = await enrolmentOf(person)
    await deliverMails(open.world)
    const begun = await begin(challenge)
    expect(begun).toMatchObject({
      status: 200,
      body: { challenge, options: { user: { name: person.email } } },
    })
    const by = here()
    const opened = await add(challenge, by.create(optionsIn(begun)))
    expect(opened).toMatchObject({ status: 200, body: { recoveryCodes: { length: 10 } } })
    expect(opened.headers['cache-control']).toBe('no-store')
    const { body } = await holders.ask('GET', '/auth/session', { token: textOf(opened.body['accessToken']) })
    expect(body['session']).toMatchObject({ amr: ['pwd', 'hwk', 'mfa'], acr: 'aal2' })
    const [stored] = await passkeysOf(person.userId)
    expect(await auditOf(open.world, stored?.factor_id ?? '')).toEqual(['user.mfa_enrolled: passkey'])
    const types = (await eventsOf(open.world, open.world.acme, person.userId)).map(({ type }) => type)
    expect(types.slice(-2).toSorted()).toEqual(['user.login_succeeded', 'user.mfa_enrolled'])
    expect((await deliverMails(open.world)).map(({ letter }) => letter)).toContain('factor_added')
    expect((await holders.logIn(person)).body).toMatchObject({
      code: 'mfa_required',
      challenge: { factors: ['passkey', 'recovery'] },
    })
    const headers = { 'x-tenant-id': 'acme' }
    const alone = await holders.ask('POST', '/auth/passkey/options', { headers })
    const passkey = by.get(alone.body['options'] as RequestOptions)
    const answer = { challenge: alone.body['challenge'], passkey }
    expect((await holders.ask('POST', '/auth/passkey/verify', { body: answer, headers })).status).toBe(200)
  })

  test('C196: what is not of this login is refused and recorded, and the right one is taken after it', async () => {
    const [person, other] = [await holders.newPerson(), await holders.newPerson()]
    const [challenge, theirs] = [await enrolmentOf(person), await enrolmentOf(other)]
    const [mine, foreign] = [optionsIn(await begin(challenge)), optionsIn(await begin(theirs))]
    expect(codeOf(await add(challenge, here().create(foreign)))).toBe('passkey_invalid')
    expect((await auditOf(open.world, person.userId)).at(-1)).toBe('passkey.refused: wrong_challenge')
    const elsewhere = new SoftAuthenticator('https://evil.example').create(mine)
    expect(codeOf(await add(challenge, elsewhere))).toBe('passkey_invalid')
    expect(codeOf(await add(challenge, here().create(mine, { userVerified: false })))).toBe('passkey_invalid')
    expect(await passkeysOf(person.userId)).toEqual([])
    expect((await add(challenge, here().create(mine))).status).toBe(200)
    const again = await begin(challenge)
    expect([again.status, again.body.code]).toEqual([401, 'challenge_invalid'])
  })

  test('C196: of ten that come at once one is taken, with one session', async () => {
    const person = await holders.newPerson()
    const challenge = await enrolmentOf(person)
    const options = optionsIn(await begin(challenge))
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => add(challenge, here().create(options))),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const others = answers.filter(({ status }) => status !== 200)
    expect(new Set(others.map(codeOf))).toEqual(new Set(['challenge_invalid']))
    expect(await passkeysOf(person.userId)).toHaveLength(1)
    const sessions = open.world.admin.selectFrom('iam.session').select('id')
    expect(await sessions.where('user_id', '=', person.userId).execute()).toHaveLength(1)
  })

  test('C191: is the first or none, whether it comes after an app or at once with one', async () => {
    const person = await holders.newPerson()
    const [byApp, byPasskey] = [await enrolmentOf(person), await enrolmentOf(person)]
    const begun = await holders.ask('POST', '/auth/mfa/enrol', { body: { challenge: byApp } })
    const app = new Authenticator(textOf(begun.body['secret']), open.world.clock)
    const registration = here().create(optionsIn(await begin(byPasskey)))
    const confirmation = { challenge: byApp, factor: begun.body['id'], code: app.code() }
    const answers = await Promise.all([
      holders.ask('POST', '/auth/mfa/enrol/confirm', { body: confirmation }),
      add(byPasskey, registration),
    ])
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401]))
    expect(answers.find(({ status }) => status === 401)?.body.code).toBe('challenge_invalid')
    const late = await add(byPasskey, registration)
    expect([late.status, late.body.code]).toEqual([401, 'challenge_invalid'])
    const challenge = (await holders.logIn(person)).body['challenge'] as { factors: string[] }
    const held = challenge.factors.filter((kind) => kind !== 'recovery')
    expect(held).toHaveLength(1)
  })

  test('C191: a challenge that asks for a factor adds none, and one that wants one added asks for none', async () => {
    const person = await holders.newPerson()
    const enrolment = await enrolmentOf(person)
    expect(codeOf(await holders.ask('POST', '/auth/mfa/challenge', { body: { challenge: enrolment } }))).toBe(
      'challenge_invalid',
    )
    const by = here()
    await add(enrolment, by.create(optionsIn(await begin(enrolment))))
    const asked = challengeIn(await holders.logIn(person))
    expect(codeOf(await begin(asked))).toBe('challenge_invalid')
    const unused = optionsIn(await begin(await enrolmentOf(await holders.newPerson())))
    expect(codeOf(await add(asked, here().create(unused)))).toBe('challenge_invalid')
    expect(await passkeysOf(person.userId)).toHaveLength(1)
  })

  test('in a browser it opens the session by a cookie, and no page of others does it', async () => {
    const person = await holders.newPerson()
    const { origin } = new URL(open.world.issuer)
    const challenge = challengeIn(await holders.logIn(person, {}, { origin }))
    const passkey = here().create(optionsIn(await begin(challenge)))
    const evil = await add(challenge, passkey, { origin: 'https://evil.example' })
    expect(evil.body.code).toBe('origin_not_allowed')
    const opened = await add(challenge, passkey, { origin })
    expect(opened.status).toBe(200)
    expect(opened.body).not.toHaveProperty('refreshToken')
  })
})
