import { generateOpenApi } from '@iam/iam-api/openapi'
import { SoftAuthenticator, type RequestOptions } from '@iam/testkit/authenticator'
import { SoftDevice } from '@iam/testkit/device'
import { deliverMails, holdPasskey, setPolicy, tokenIn } from '@iam/testkit/world'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openOffice } from '../support/administration.ts'
import { Authenticator } from '../support/authenticator.ts'
import { challengeIn, Holders, textOf, type Answer, type Holder } from '../support/holder.ts'
import { openApp, type TestApp } from '../support/open-app.ts'
import { PageVisitor, type Page } from '../support/page-visitor.ts'
import { formRoutes } from '../support/served-routes.ts'

const acme = { 'x-tenant-id': 'acme' }
const newPassword = 'quilted harbour lantern moss'

describe('C190: no way in goes round the second factor of who has one', () => {
  let open: TestApp
  let holders: Holders
  let holder: Holder
  /** What the person's password is by now. */
  let password: string
  beforeAll(async () => {
    open = await openApp()
    holders = new Holders(open)
    await setPolicy(open.world, { magicLinks: true })
  })
  afterAll(() => open.close())
  beforeEach(async () => {
    holder = await holders.newHolder()
    password = open.world.demo.password
    await deliverMails(open.world)
  })

  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    holders.ask('POST', path, { body, headers: { ...acme, ...headers } })
  const logIn = (given: object = {}) => holders.logIn(holder, { password, ...given })
  const mailTo = async (address: string) => (await deliverMails(open.world)).find(({ to }) => to === address)
  const mailed = () => mailTo(holder.email)
  const authenticator = () => new SoftAuthenticator(new URL(open.world.issuer).origin)
  const sessions = async () => {
    const found = await open.world.admin
      .selectFrom('iam.session')
      .select('id')
      .where('user_id', '=', holder.userId)
      .orderBy('id')
      .execute()
    return found.map(({ id }) => id)
  }
  /** Somebody's session from before they had a factor, with its tokens. */
  async function earlierSession() {
    const person = await holders.newPerson()
    const { body: earlier } = await holders.logIn(person)
    const token = await holders.tokenOf(person)
    const { app, factorId } = await holders.begin(token)
    const { body } = await holders.confirm(token, factorId, app.code())
    await open.world.testClock.advance(60)
    holder = { ...person, app, factorId, recoveryCodes: body['recoveryCodes'] as string[] }
    return { token: textOf(earlier['accessToken']), refreshToken: textOf(earlier['refreshToken']) }
  }
  async function askForLink() {
    const { body } = await post('/auth/magic-link/request', { email: holder.email })
    const mail = await mailed()
    return { request: textOf(body['request']), token: tokenIn(mail), code: mail?.digits ?? '' }
  }
  async function resetLink(): Promise<string> {
    await post('/auth/password/reset/request', { email: holder.email })
    return tokenIn(await mailed())
  }
  /** After a change of address was undone nobody gets in before a new password is chosen by mail. */
  async function unlock(): Promise<void> {
    expect((await logIn()).body.code).toBe('user_suspended')
    await post('/auth/password/reset/confirm', { token: await resetLink(), password: newPassword })
    password = newPassword
  }
  async function verification() {
    await open.world.admin
      .updateTable('iam.user')
      .set({ email_verified_at: null })
      .where('id', '=', holder.userId)
      .execute()
    await post('/auth/verify-email/request', { email: holder.email })
    const mail = await mailed()
    return { token: tokenIn(mail), code: mail?.digits ?? '' }
  }
  /** Asks for another address in a session by both factors. @returns the link to confirm it. */
  async function changeOfAddress(): Promise<string> {
    const token = textOf((await holders.logInFully(holder)).body['accessToken'])
    const email = `new-${holder.email}`
    const asked = await holders.ask('POST', '/me/email', { body: { email, password }, token })
    expect(asked.status).toBe(202)
    return tokenIn(await mailTo(email))
  }
  async function undoLink(): Promise<string> {
    await post('/auth/email/confirm', { token: await changeOfAddress() })
    return tokenIn(await mailed())
  }
  /** A passkey of somebody's that has not verified them. */
  async function unverifiedPasskey(options: RequestOptions, by: SoftAuthenticator) {
    return by.get(options, { userVerified: false })
  }

  /** One more passkey of a person, made for the challenge that asks for one of theirs. */
  function anotherPasskey({ challenge, rpId }: RequestOptions, { held }: SoftAuthenticator) {
    return authenticator().create({ challenge, rp: { id: rpId }, user: { id: held[0]?.userHandle ?? '' } })
  }

  /** Proofs of a device that the person has registered and does not trust. */
  async function knownDevice() {
    const { body } = await holders.logInFully(holder)
    const { tenantId, userId } = holder
    const sessionId = textOf((body['session'] as { id?: unknown }).id)
    const device = new SoftDevice()
    const registration = device.registration({ tenantId, userId, sessionId })
    const token = textOf(body['accessToken'])
    const registered = await holders.ask('POST', '/me/devices', { token, body: registration })
    const deviceId = textOf(registered.body['id'])
    return async () => {
      const begun = await post('/auth/device/challenge', { device: deviceId })
      const challenge = textOf(begun.body['challenge'])
      return { challenge, signature: device.proof(challenge, { tenantId, deviceId }) }
    }
  }

  /** Everything is right but the second factor. What a way needs to begin with stands before `tries`. */
  interface Way<T> {
    readonly tries: readonly (() => Promise<T>)[]
  }
  const rest: Record<string, () => Promise<Way<Answer>>> = {
    'POST /api/v1/auth/login': async () => {
      const prove = await knownDevice()
      return {
        tries: [
          async () => logIn({ deviceProof: await prove() }),
          () => logIn(),
          () => logIn({ acr: 'aal1' }),
          () => logIn({ code: holder.app.code() }),
          () => holders.logIn(holder, { password }, { origin: open.world.issuer }),
        ],
      }
    },
    'POST /api/v1/auth/device/challenge': async () => {
      await knownDevice()
      const device = 'dev_01BX5ZZKBKACTAV9WEVGEMMVRZ'
      return { tries: [() => post('/auth/device/challenge', { device })] }
    },
    'POST /api/v1/auth/device/verify': async () => {
      const prove = await knownDevice()
      const token = textOf((await holders.logInFully(holder)).body['accessToken'])
      return {
        tries: [
          async () => post('/auth/device/verify', await prove()),
          async () => holders.ask('POST', '/auth/device/verify', { token, body: await prove() }),
        ],
      }
    },
    'POST /api/v1/auth/mfa/verify': async () => {
      const challenge = challengeIn(await logIn())
      const other = await holders.newHolder()
      const [theirs = ''] = other.recoveryCodes
      return {
        tries: [
          () => post('/auth/mfa/verify', { challenge }),
          () => post('/auth/mfa/verify', { challenge, code: holder.app.wrongCode() }),
          () => post('/auth/mfa/verify', { challenge, code: other.app.code() }),
          () => post('/auth/mfa/verify', { challenge, recoveryCode: theirs }),
        ],
      }
    },
    'POST /api/v1/auth/mfa/challenge': async () => {
      const challenge = challengeIn(await logIn())
      return { tries: [() => post('/auth/mfa/challenge', { challenge })] }
    },
    'POST /api/v1/auth/mfa/enrol': async () => {
      const challenge = challengeIn(await logIn())
      return { tries: [() => post('/auth/mfa/enrol', { challenge })] }
    },
    'POST /api/v1/auth/mfa/enrol/confirm': async () => {
      const challenge = challengeIn(await logIn())
      // One that waits to be confirmed, of an app that whoever logs in holds.
      const token = textOf((await holders.logInFully(holder)).body['accessToken'])
      const { app, factorId: factor } = await holders.begin(token)
      return { tries: [() => post('/auth/mfa/enrol/confirm', { challenge, factor, code: app.code() })] }
    },
    'POST /api/v1/auth/mfa/enrol/passkey/options': async () => {
      const challenge = challengeIn(await logIn())
      return { tries: [() => post('/auth/mfa/enrol/passkey/options', { challenge })] }
    },
    'POST /api/v1/auth/mfa/enrol/passkey': async () => {
      const { authenticator: by } = await holdPasskey(open.world, holder)
      const challenge = challengeIn(await logIn())
      const { body } = await post('/auth/mfa/challenge', { challenge })
      const passkey = anotherPasskey(body['options'] as RequestOptions, by)
      return { tries: [() => post('/auth/mfa/enrol/passkey', { challenge, passkey })] }
    },
    'POST /api/v1/auth/passkey/options': async () => ({
      tries: [
        () => post('/auth/passkey/options', {}),
        () => holders.ask('POST', '/auth/passkey/options', { headers: acme }),
      ],
    }),
    'POST /api/v1/auth/passkey/verify': async () => {
      const { authenticator: by } = await holdPasskey(open.world, holder)
      const stranger = authenticator()
      const begin = async () => {
        const { body } = await holders.ask('POST', '/auth/passkey/options', { headers: acme })
        return { challenge: body['challenge'], options: body['options'] as RequestOptions }
      }
      const second = challengeIn(await logIn())
      const { body } = await post('/auth/mfa/challenge', { challenge: second })
      const ofSecond = body['options'] as RequestOptions
      return {
        tries: [
          async () => {
            const { challenge, options } = await begin()
            const passkey = await unverifiedPasskey(options, by)
            return post('/auth/passkey/verify', { challenge, passkey })
          },
          // The challenge of the password's second step is none of a login by a passkey alone.
          () => post('/auth/passkey/verify', { challenge: second, passkey: by.get(ofSecond) }),
          async () => {
            const { challenge, options } = await begin()
            const [{ userHandle } = { userHandle: '' }] = by.held
            stranger.create({ challenge: 'AAAA', rp: { id: options.rpId }, user: { id: userHandle } })
            return post('/auth/passkey/verify', { challenge, passkey: stranger.get(options) })
          },
        ],
      }
    },
    'POST /api/v1/auth/magic-link/request': async () => ({
      tries: [() => post('/auth/magic-link/request', { email: holder.email })],
    }),
    'POST /api/v1/auth/magic-link/status': async () => {
      const { request } = await askForLink()
      return { tries: [() => post('/auth/magic-link/status', { request })] }
    },
    'POST /api/v1/auth/magic-link/consume': async () => {
      const consume =
        (proof: 'token' | 'code', headers = {}) =>
        async () => {
          const { request, [proof]: right } = await askForLink()
          const answer = await post('/auth/magic-link/consume', { request, [proof]: right }, headers)
          expect(answer.body.code).toBe('mfa_required')
          return answer
        }
      return { tries: [consume('token'), consume('code'), consume('token', { origin: open.world.issuer })] }
    },
    'POST /api/v1/auth/refresh': async () => {
      const { refreshToken } = await earlierSession()
      return {
        tries: [
          async () => {
            const answer = await post('/auth/refresh', { refreshToken })
            const token = textOf(answer.body['accessToken'])
            const { body } = await holders.ask('GET', '/auth/session', { token })
            expect(body['session']).toMatchObject({ amr: ['pwd'], acr: 'aal1' })
            return holders.ask('POST', '/me/recovery-codes', { token })
          },
        ],
      }
    },
    'POST /api/v1/auth/step-up': async () => {
      const { token } = await earlierSession()
      const stepUp = (body: object) => holders.ask('POST', '/auth/step-up', { body, token })
      const login = challengeIn(await logIn())
      const challenge = challengeIn(await stepUp({}))
      return {
        tries: [
          () => stepUp({ acr: 'aal1' }),
          () => stepUp({ challenge }),
          () => stepUp({ challenge, code: holder.app.wrongCode() }),
          () => stepUp({ challenge: login, code: holder.app.code() }),
        ],
      }
    },
    'POST /api/v1/auth/register': async () => ({
      tries: [() => post('/auth/register', { email: holder.email, password: newPassword })],
    }),
    'POST /api/v1/me/mfa-factors/{factorId}/confirm': async () => {
      const { token } = await earlierSession()
      const strong = textOf((await holders.logInFully(holder)).body['accessToken'])
      const { app, factorId } = await holders.begin(strong)
      return { tries: [() => holders.confirm(token, factorId, app.code())] }
    },
    'POST /api/v1/auth/verify-email/request': async () => ({
      tries: [() => post('/auth/verify-email/request', { email: holder.email })],
    }),
    'POST /api/v1/auth/verify-email': async () => {
      const confirmed = (given: 'token' | 'code') => async () => {
        const { token, code } = await verification()
        const answer = await post(
          '/auth/verify-email',
          given === 'token' ? { token } : { email: holder.email, code },
        )
        expect(answer.status).toBe(204)
        return answer
      }
      return { tries: [confirmed('token'), confirmed('code')] }
    },
    'POST /api/v1/auth/password/reset/request': async () => ({
      tries: [() => post('/auth/password/reset/request', { email: holder.email })],
    }),
    'POST /api/v1/auth/password/reset/confirm': async () => {
      const token = await resetLink()
      return {
        tries: [
          async () => {
            const answer = await post('/auth/password/reset/confirm', { token, password: newPassword })
            expect(answer.status).toBe(204)
            password = newPassword
            return answer
          },
        ],
      }
    },
    'POST /api/v1/auth/email/confirm': async () => {
      const token = await changeOfAddress()
      return {
        tries: [
          async () => {
            const answer = await post('/auth/email/confirm', { token })
            expect(answer.status).toBe(204)
            holder = { ...holder, email: `new-${holder.email}` }
            return answer
          },
        ],
      }
    },
    'POST /api/v1/auth/email/undo': async () => {
      const token = await undoLink()
      return {
        tries: [
          async () => {
            const answer = await post('/auth/email/undo', { token })
            expect(answer.status).toBe(204)
            await unlock()
            return answer
          },
        ],
      }
    },
  }

  test('every operation that asks for no token, or answers with one, is tried here', async () => {
    interface Described {
      readonly security?: unknown[]
      readonly responses: object
    }
    const { paths } = JSON.parse(await generateOpenApi()) as {
      paths: Record<string, Record<string, Described>>
    }
    const found = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { security = [], responses }]) =>
        security.length === 0 || JSON.stringify(responses).includes('"accessToken"')
          ? [`${method.toUpperCase()} ${path}`]
          : [],
      ),
    )
    expect(Object.keys(rest).toSorted()).toEqual(found.toSorted())
  })

  test.each(Object.entries(rest))('%s', async (_name, begin) => {
    const { tries } = await begin()
    const before = await sessions()
    for (const attempt of tries) {
      const { body, headers } = await attempt()
      expect([body['accessToken'], body['refreshToken']]).toEqual([undefined, undefined])
      expect(String(headers['set-cookie'])).not.toMatch(/__Host-iam_(refresh_)?[0-9A-Z]{26}=/)
      expect(await sessions()).toEqual(before)
    }
    await stillAsked()
  })

  /** The factor is there, and the password alone opens nothing. */
  async function stillAsked(): Promise<void> {
    await open.world.testClock.advance(60)
    const first = await logIn()
    expect(first.body).toMatchObject({
      code: 'mfa_required',
      challenge: { factors: expect.arrayContaining(['totp', 'recovery']) as unknown },
    })
    const second = await holders.verify(challengeIn(first), { code: holder.app.code() })
    expect(second.status).toBe(200)
  }

  const t = '/t/acme'
  const signIn = (visitor: PageVisitor) => visitor.fill(`${t}/sign-in`, { email: holder.email, password })
  const askOnPage = async (visitor: PageVisitor) => {
    await visitor.open(`${t}/sign-in`)
    await visitor.send(`${t}/mail-link`, { email: holder.email })
    const mail = await mailed()
    return { token: tokenIn(mail), code: mail?.digits ?? '' }
  }
  const behindLink = async (visitor: PageVisitor, path: string, token: string, more = {}) => {
    await visitor.open(`${t}/${path}?token=${token}`)
    return visitor.send(`${t}/${path}`, { token, ...more })
  }
  const leadsOn = (page: Page): Page => {
    expect(page).toMatchObject({ status: 303, location: `${t}/second-factor` })
    return page
  }
  /** @returns the last page. */
  const pages: Record<string, (visitor: PageVisitor) => Promise<Page>> = {
    'sign-in': async (visitor) => leadsOn(await signIn(visitor)),
    'sign-in/passkey': async (visitor) => {
      const { authenticator: by } = await holdPasskey(open.world, holder)
      await visitor.open(`${t}/sign-in`)
      const { challenge, options } = JSON.parse(
        (await visitor.send(`${t}/sign-in/passkey/options`)).body,
      ) as { challenge: string; options: RequestOptions }
      const passkey = JSON.stringify(await unverifiedPasskey(options, by))
      const refused = await visitor.send(`${t}/sign-in/passkey`, { challenge, passkey })
      expect(refused.status).toBe(422)
      return refused
    },
    'second-factor': async (visitor) => {
      await signIn(visitor)
      await visitor.open(`${t}/second-factor`)
      const code = holder.app.wrongCode()
      for (const fields of [{}, { code }, { mailed: 'yes', code: '12345678' }, { recoveryCode: 'x' }])
        expect((await visitor.send(`${t}/second-factor`, fields)).status).toBe(422)
      return visitor.send(`${t}/second-factor`, { code, trust: 'yes' })
    },
    'second-factor/passkey': async (visitor) => {
      const other = await holders.newHolder()
      const { authenticator: by } = await holdPasskey(open.world, other)
      await holdPasskey(open.world, holder)
      await signIn(visitor)
      await visitor.open(`${t}/second-factor`)
      const { options } = JSON.parse((await visitor.send(`${t}/second-factor/passkey/options`)).body) as {
        options: RequestOptions
      }
      const passkey = JSON.stringify(by.get({ ...options, allowCredentials: [] }))
      const refused = await visitor.send(`${t}/second-factor/passkey`, { challenge: '', passkey })
      expect(refused.status).toBe(422)
      return refused
    },
    'add-factor': async (visitor) => {
      await signIn(visitor)
      await visitor.open(`${t}/second-factor`)
      const begun = await visitor.send(`${t}/add-factor`)
      expect(begun.location).toBe(`${t}/sign-in`)
      await signIn(visitor)
      await visitor.open(`${t}/second-factor`)
      const own = new Authenticator('A'.repeat(32), open.world.clock)
      return visitor.send(`${t}/add-factor`, { factor: holder.factorId, code: own.code() })
    },
    'add-factor/passkey': async (visitor) => {
      const { authenticator: by } = await holdPasskey(open.world, holder)
      await signIn(visitor)
      await visitor.open(`${t}/second-factor`)
      const { options } = JSON.parse((await visitor.send(`${t}/second-factor/passkey/options`)).body) as {
        options: RequestOptions
      }
      const passkey = JSON.stringify(anotherPasskey(options, by))
      const refused = await visitor.send(`${t}/add-factor/passkey`, { passkey })
      expect(refused.location).toBe(`${t}/sign-in`)
      return refused
    },
    register: (visitor) =>
      visitor.fill(`${t}/register`, { email: holder.email, password: 'another long enough password' }),
    'verify-email': async (visitor) => {
      const { token } = await verification()
      const confirmed = await behindLink(visitor, 'verify-email', token)
      expect(confirmed.location).toBe(`${t}/sign-in`)
      return confirmed
    },
    'verify-email/again': async (visitor) => {
      await visitor.open(`${t}/verify-email`)
      return visitor.send(`${t}/verify-email/again`, { email: holder.email })
    },
    'mail-link': async (visitor) => {
      await askOnPage(visitor)
      return visitor.open(`${t}/magic-link/waiting`)
    },
    'magic-link': async (visitor) => {
      const { token } = await askOnPage(visitor)
      return leadsOn(await behindLink(visitor, 'magic-link', token))
    },
    'magic-link/waiting': async (visitor) => {
      const { token } = await askOnPage(visitor)
      const shown = await visitor.open(`${t}/magic-link/waiting`)
      const number = /class="shown" dir="ltr">(\d{4})</.exec(shown.body)?.[1] ?? ''
      const phone = new PageVisitor(open.app)
      expect((await behindLink(phone, 'magic-link', token, { number })).status).toBe(303)
      await visitor.open(`${t}/magic-link/waiting`)
      return leadsOn(await visitor.send(`${t}/magic-link/waiting`))
    },
    'magic-link/code': async (visitor) => {
      const { code } = await askOnPage(visitor)
      await visitor.open(`${t}/magic-link/code`)
      return leadsOn(await visitor.send(`${t}/magic-link/code`, { code }))
    },
    'forgotten-password': (visitor) => visitor.fill(`${t}/forgotten-password`, { email: holder.email }),
    'reset-password': async (visitor) => {
      const token = await resetLink()
      const done = await behindLink(visitor, 'reset-password', token, { password: newPassword })
      expect(done.location).toBe(`${t}/sign-in`)
      password = newPassword
      return leadsOn(await signIn(visitor))
    },
    'confirm-email': async (visitor) => {
      const token = await changeOfAddress()
      const done = await behindLink(visitor, 'confirm-email', token)
      expect(done.location).toBe(`${t}/sign-in`)
      holder = { ...holder, email: `new-${holder.email}` }
      return done
    },
    'undo-email': async (visitor) => {
      const done = await behindLink(visitor, 'undo-email', await undoLink())
      expect(done.location).toBe(`${t}/forgotten-password`)
      await unlock()
      return done
    },
  }

  test('every form that is shown to who is not signed in is tried here', async () => {
    const forms = (await formRoutes()).map((url) => url.replace('/t/:slug/', ''))
    const shown = forms.filter((path) => !path.startsWith('account/'))
    expect(Object.keys(pages).toSorted()).toEqual(shown.toSorted())
    for (const path of forms.filter((each) => each.startsWith('account/'))) {
      const visitor = new PageVisitor(open.app)
      await signIn(visitor)
      const { status, location } = await visitor.send(`${t}/${path}`)
      expect([path, status, location?.split('?')[0]]).toEqual([path, 303, `${t}/sign-in`])
    }
  })

  test.each(Object.entries(pages))('/t/<slug>/%s', async (_name, walk) => {
    const visitor = new PageVisitor(open.app)
    const cookie = `__Host-iam_${open.world.acme.slice(4)}`
    const { status } = await walk(visitor)
    expect(status).toBeLessThan(500)
    expect(visitor.set.filter((set) => set.startsWith(`${cookie}=`) && !set.includes('Max-Age=0'))).toEqual(
      [],
    )
    expect((await visitor.open(`${t}/account`)).location).toBe(`${t}/sign-in`)
    await stillAsked()
  })
})

test('C190: an invitation logs nobody in: who has no factor yet adds one where the tenant requires it', async () => {
  const { open, world, ask } = await openOffice()
  try {
    await setPolicy(world, { mfa: 'required', riskChallengeAt: 100 })
    await deliverMails(world)
    const email = 'invited@acme.example'
    const invited = await ask('admin', ['POST', `/tenants/${world.acme}/users`], { body: { email } })
    expect(invited.status).toBe(201)
    const token = tokenIn((await deliverMails(world)).find(({ to }) => to === email))
    const chosen = { body: { token, password: newPassword }, headers: acme }
    const answer = await ask(undefined, ['POST', '/auth/password/reset/confirm'], chosen)
    expect([answer.status, answer.headers['set-cookie']]).toEqual([204, undefined])
    const login = { body: { email, password: newPassword }, headers: acme }
    const { body } = await ask(undefined, ['POST', '/auth/login'], login)
    expect(body).toMatchObject({ code: 'mfa_enrolment_required' })
  } finally {
    await open.close()
  }
})
