import { SoftAuthenticator, type CreationOptions, type RequestOptions } from '@iam/testkit/authenticator'
import { setPolicy } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { challengeIn, Holders, textOf, type Answer, type Person } from '../support/holder.ts'
import { openApp, type TestApp } from '../support/open-app.ts'

const acme = { 'x-tenant-id': 'acme' }

describe('passkeys over REST', () => {
  let open: TestApp
  let holders: Holders
  beforeAll(async () => {
    open = await openApp()
    holders = new Holders(open)
  })
  afterAll(() => open.close())

  const authenticator = () => new SoftAuthenticator(new URL(open.world.issuer).origin)
  const path = '/me/passkeys'

  async function add(token: string, by = authenticator()) {
    const begun = await holders.ask('POST', `${path}/options`, { token })
    const passkey = by.create(begun.body['options'] as CreationOptions)
    const body = { challenge: begun.body['challenge'], passkey, name: 'my key' }
    return { begun, by, body, added: await holders.ask('POST', path, { token, body }) }
  }
  async function holder() {
    const person = await holders.newPerson()
    const { by, added } = await add(await holders.tokenOf(person))
    expect(added.status).toBe(201)
    return { ...person, by, id: textOf(added.body['id']) }
  }
  async function begin(headers: Record<string, string> = acme) {
    const { body } = await holders.ask('POST', '/auth/passkey/options', { headers })
    return { challenge: body['challenge'], options: body['options'] as RequestOptions }
  }
  async function logIn(by: SoftAuthenticator, headers: Record<string, string> = {}): Promise<Answer> {
    const { challenge, options } = await begin({ ...acme, ...headers })
    const body = { challenge, passkey: by.get(options) }
    return holders.ask('POST', '/auth/passkey/verify', { body, headers: { ...acme, ...headers } })
  }
  async function challengeFor(person: Person) {
    const challenge = challengeIn(await holders.logIn(person))
    const begun = await holders.ask('POST', '/auth/mfa/challenge', { body: { challenge } })
    return { challenge, options: begun.body['options'] as RequestOptions }
  }

  test('are added, listed by the name they were given, renamed and removed', async () => {
    const ada = await holders.newPerson()
    const token = await holders.tokenOf(ada)
    const { begun, by, added } = await add(token)
    expect([begun.status, added.status]).toEqual([201, 201])
    expect(added.body['recoveryCodes']).toHaveLength(10)
    const id = textOf(added.body['id'])
    const list = async () => (await holders.ask('GET', '/me/mfa-factors', { token })).body['items']
    expect(await list()).toMatchObject([{ id, kind: 'passkey', name: 'my key', lastUsedAt: null }])
    const again = textOf((await logIn(by)).body['accessToken'])
    expect(await list()).toMatchObject([{ id, lastUsedAt: expect.any(String) as unknown }])
    await holders.ask('PATCH', `/me/mfa-factors/${id}`, { token, body: { name: 'the blue one' } })
    expect(await list()).toMatchObject([{ name: 'the blue one' }])
    expect((await holders.ask('DELETE', `/me/mfa-factors/${id}`, { token })).body.code).toBe(
      'reauthentication_required',
    )
    expect((await holders.ask('DELETE', `/me/mfa-factors/${id}`, { token: again })).status).toBe(204)
    expect(await list()).toEqual([])
    expect((await logIn(by)).body.code).toBe('passkey_invalid')
  })

  test('that come at once with an app are the first factor or ask for it, and one brings recovery codes', async () => {
    const ada = await holders.newPerson()
    const token = await holders.tokenOf(ada)
    const { app, factorId } = await holders.begin(token)
    const begun = await holders.ask('POST', `${path}/options`, { token })
    const passkey = authenticator().create(begun.body['options'] as CreationOptions)
    const body = { challenge: begun.body['challenge'], passkey }
    const answers = await Promise.all([
      holders.ask('POST', path, { token, body }),
      holders.confirm(token, factorId, app.code()),
    ])
    const told = answers.flatMap(({ body: { recoveryCodes } }) => (recoveryCodes ?? []) as string[])
    expect(told).toHaveLength(10)
    for (const { status, body: refused } of answers)
      if (status >= 400) expect(refused.code).toBe('reauthentication_required')
    const challenge = await holders.challengeOf(ada)
    expect((await holders.verify(challenge, { recoveryCode: told[0] })).status).toBe(200)
  })

  test('log in by themselves, at aal2, in apps by tokens and in browsers by a cookie', async () => {
    const { by, userId } = await holder()
    const opened = await logIn(by)
    expect(opened).toMatchObject({
      status: 200,
      body: { user: { id: userId }, refreshToken: expect.any(String) as unknown },
    })
    const session = await holders.ask('GET', '/auth/session', { token: textOf(opened.body['accessToken']) })
    expect(session.body['session']).toMatchObject({ amr: ['hwk', 'user', 'mfa'], acr: 'aal2' })
    const { origin } = new URL(open.world.issuer)
    const inBrowser = await logIn(by, { origin })
    expect(inBrowser.body).not.toHaveProperty('refreshToken')
    expect(String(inBrowser.headers['set-cookie'])).toMatch(/__Host-iam_refresh_/)
    const { body } = await holders.ask('POST', '/auth/passkey/options', {
      headers: { ...acme, origin: 'https://evil.example' },
    })
    expect(body.code).toBe('origin_not_allowed')
  })

  test('answer the challenge that a password leads to', async () => {
    const ada = await holder()
    const { challenge, options } = await challengeFor(ada)
    expect(options.allowCredentials).toHaveLength(1)
    const opened = await holders.verify(challenge, { passkey: ada.by.get(options) })
    expect(opened.status).toBe(200)
    const session = await holders.ask('GET', '/auth/session', { token: textOf(opened.body['accessToken']) })
    expect(session.body['session']).toMatchObject({ amr: ['pwd', 'hwk', 'mfa'], acr: 'aal2' })
    expect((await holders.verify(challenge, { passkey: ada.by.get(options) })).body.code).toBe(
      'challenge_invalid',
    )
  })

  test('raise an open session', async () => {
    const ada = await holder()
    const { challenge, options } = await challengeFor(ada)
    const opened = await holders.verify(challenge, { passkey: ada.by.get(options) })
    const token = textOf(opened.body['accessToken'])
    await open.world.testClock.advance(301)
    expect((await holders.ask('POST', `${path}/options`, { token })).body.code).toBe(
      'reauthentication_required',
    )
    const asked = challengeIn(await holders.ask('POST', '/auth/step-up', { token, body: {} }))
    const begun = await holders.ask('POST', '/auth/mfa/challenge', { body: { challenge: asked } })
    const passkey = ada.by.get(begun.body['options'] as RequestOptions)
    const answer = () => holders.ask('POST', '/auth/step-up', { token, body: { challenge: asked, passkey } })
    const raised = await answer()
    expect(raised.status).toBe(200)
    const strong = textOf(raised.body['accessToken'])
    expect((await holders.ask('POST', `${path}/options`, { token: strong })).status).toBe(201)
    expect((await answer()).body.code).toBe('challenge_invalid')
  })

  test('cannot be begun with by who has none, nor with a challenge of another kind', async () => {
    const totp = await holders.newHolder()
    const challenge = await holders.challengeOf(totp)
    const ask = (body: object) => holders.ask('POST', '/auth/mfa/challenge', { body })
    expect((await ask({ challenge })).body.code).toBe('wrong_state')
    expect((await ask({ challenge: (await begin()).challenge })).body.code).toBe('challenge_invalid')
    expect((await ask({ challenge: 'mlc_x' })).body.code).toBe('challenge_invalid')
  })

  test('C165: what is wrong with a passkey is told to nobody: unknown, wrong and removed look alike', async () => {
    const ada = await holder()
    const stranger = authenticator()
    stranger.held.push(...ada.by.held.map((held) => ({ ...held, id: Buffer.from('unknown') })))
    const { challenge, options } = await begin()
    const wrong = { challenge, passkey: ada.by.get(options, { signature: (right) => right.subarray(1) }) }
    const answers = [
      await logIn(stranger),
      await holders.ask('POST', '/auth/passkey/verify', { body: wrong, headers: acme }),
    ]
    const [one, other] = answers.map(({ status, body: { traceId: _, requestId: __, ...body } }) => ({
      status,
      body,
    }))
    expect(one).toMatchObject({ status: 401, body: { code: 'passkey_invalid' } })
    expect(other).toEqual(one)
  })

  test('C196: a challenge of one tenant is none at another', async () => {
    const { by } = await holder()
    const { challenge, options } = await begin()
    const body = { challenge, passkey: by.get(options) }
    const headers = { 'x-tenant-id': 'globex' }
    expect((await holders.ask('POST', '/auth/passkey/verify', { body, headers })).body.code).toBe(
      'challenge_invalid',
    )
  })

  test('C200: a huge object, or what is no base64url, is not even read', async () => {
    const token = await holders.tokenOf(await holders.newPerson())
    const { body } = await add(token)
    for (const attestationObject of ['A'.repeat(16_385), 'not base64url', 'AA=='])
      expect(
        (
          await holders.ask('POST', path, {
            token,
            body: {
              ...body,
              passkey: { ...body.passkey, response: { ...body.passkey.response, attestationObject } },
            },
          })
        ).body.code,
      ).toBe('invalid_request')
  })

  test('are of the tenant’s own host, whose document of related origins names its pages and nobody else’s', async () => {
    const { world } = open
    const ask = async (host: string) => {
      const { statusCode, body } = await open.app.inject({ url: '/.well-known/webauthn', headers: { host } })
      return statusCode === 200 ? (JSON.parse(body) as unknown) : statusCode
    }
    const issuer = new URL(world.issuer)
    expect(await ask(issuer.host)).toBe(404)
    const claim = async (rpId: string) => {
      await world.admin.deleteFrom('iam.relying_party').execute()
      const claimed = { rp_id: rpId, tenant_id: world.acme }
      await world.admin.insertInto('iam.relying_party').values(claimed).execute()
    }
    await setPolicy(world, { rpId: issuer.hostname, webauthnOrigins: ['https://shop.acme.example'] })
    await claim(issuer.hostname)
    expect(await ask(issuer.host)).toBe(404)
    await claim('login.acme.example')
    await setPolicy(world, { rpId: 'login.acme.example', webauthnOrigins: ['https://shop.acme.example'] })
    const origins = [issuer.origin, 'https://shop.acme.example']
    expect(await ask('login.acme.example')).toEqual({ origins })
    expect(await ask('LOGIN.acme.example:443')).toEqual({ origins })
    for (const other of [issuer.host, 'acme.example', 'evil.example', '', 'login.acme.example.evil.example'])
      expect([other, await ask(other)]).toEqual([other, 404])
    const ada = await holders.newPerson()
    const shop = new SoftAuthenticator('https://shop.acme.example')
    expect((await add(await holders.tokenOf(ada), shop)).added.status).toBe(201)
    expect((await logIn(shop)).status).toBe(200)
    await setPolicy(world, { rpId: 'login.acme.example' })
    expect((await logIn(shop)).body.code).toBe('passkey_invalid')
    await setPolicy(world, {})
  })
})
