import { deliverMails, setPolicy, tokenIn } from '@iam/testkit/world'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openOffice, type Office } from '../support/administration.ts'
import { PageVisitor } from '../support/page-visitor.ts'

describe('a tenant whose people come by an identity provider only', () => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice()
  })
  afterAll(() => office.open.close())
  beforeEach(() => setPolicy(office.world, {}))

  const passwordsOff = () => setPolicy(office.world, { passwordLogin: false })
  const next = 'a new password that is long enough'

  const send = (path: string, body: object) =>
    office.ask(undefined, ['POST', path], { body, headers: { 'x-tenant-id': 'acme' } })

  const mails = async () =>
    (await deliverMails(office.world)).map(({ to, letter, link }) => ({ to, letter, link }))

  /** A link that was mailed while passwords still logged in. */
  async function resetLink(email: string): Promise<string> {
    await deliverMails(office.world)
    await send('/auth/password/reset/request', { email })
    return tokenIn((await deliverMails(office.world))[0])
  }

  test('C184: nobody sets, changes or uses a password, and nobody registers with one', async () => {
    const person = await office.fresh()
    const bearer = await office.bearer(person)
    const token = await resetLink(person.email)
    await passwordsOff()
    const { password } = office.world.demo
    const refusals = {
      login: (await office.logIn(person)).body.code,
      register: (await send('/auth/register', { email: 'new@acme.example', password: next })).body.code,
      confirm: (await send('/auth/password/reset/confirm', { token, password: next })).body.code,
      change: (
        await office.ask(bearer, ['POST', '/auth/password/change'], {
          body: { currentPassword: password, newPassword: next },
        })
      ).body.code,
      email: (
        await office.ask(bearer, ['POST', '/me/email'], { body: { email: 'else@acme.example', password } })
      ).body.code,
    }
    expect(refusals).toEqual({
      login: 'invalid_credentials',
      register: 'registration_closed',
      confirm: 'password_login_off',
      change: 'password_login_off',
      email: 'password_login_off',
    })
    await setPolicy(office.world, {})
    expect((await office.logIn(person)).status).toBe(200)
  })

  test('C165: asking for a new password is answered, and mailed, alike for known and unknown addresses', async () => {
    const person = await office.fresh()
    await deliverMails(office.world)
    await passwordsOff()
    const answers = []
    for (const email of [person.email, 'nobody@acme.example']) {
      const { status, body } = await send('/auth/password/reset/request', { email })
      answers.push({ status, body })
    }
    expect(answers[0]).toEqual(answers[1])
    const sent = await mails()
    const [known, unknown] = [person.email, 'nobody@acme.example'].map((to) =>
      sent.find((mail) => mail.to === to),
    )
    expect(sent).toHaveLength(2)
    expect(known).toMatchObject({ to: person.email, letter: 'sign_in_elsewhere' })
    expect(known?.link).toMatch(/\/t\/acme\/sign-in$/)
    expect({ ...unknown, to: person.email }).toEqual(known)
  })

  test('an invitation says where to sign in; no administrator mails a link to choose a password', async () => {
    await deliverMails(office.world)
    await passwordsOff()
    const invited = await office.ask('admin', ['POST', office.users()], {
      body: { email: 'invited@elsewhere.example' },
    })
    expect(invited.status).toBe(201)
    expect(await mails()).toEqual([
      {
        to: 'invited@elsewhere.example',
        letter: 'invitation_elsewhere',
        link: expect.stringMatching(/\/t\/acme\/sign-in$/) as string,
      },
    ])
    const person = await office.fresh()
    const reset = await office.ask('admin', ['POST', office.users(`/${person.userId}/password-reset`)])
    expect(reset.body).toMatchObject({ code: 'wrong_state', detail: 'Nobody of the tenant has a password.' })
  })

  test('no page asks for a password, or leads to one that does', async () => {
    const visitor = new PageVisitor(office.open.app)
    const { email } = office.people.member
    await visitor.fill('/t/acme/sign-in', { email, password: office.world.demo.password })
    const token = await resetLink(email)
    const stranger = new PageVisitor(office.open.app)
    const open = async (of: PageVisitor, page: string) => {
      const { status, body } = await of.open(`/t/acme/${page}`)
      expect(status).toBe(200)
      return /type="password"|forgotten-password"|register"|account\/(password|email)"/.test(body)
    }
    const pages = [
      [stranger, 'sign-in'],
      [stranger, 'forgotten-password'],
      [stranger, `reset-password?token=${token}`],
      [stranger, 'register'],
      [visitor, 'account'],
      [visitor, 'account/password'],
      [visitor, 'account/email'],
    ] as const
    for (const [of, page] of pages) expect([page, await open(of, page)]).toEqual([page, true])
    await passwordsOff()
    for (const [of, page] of pages) expect([page, await open(of, page)]).toEqual([page, false])
  })
})

describe('a change of address', () => {
  let office: Office
  beforeAll(async () => {
    office = await openOffice()
  })
  afterAll(() => office.open.close())

  const allow = (...allowedDomains: string[]) => setPolicy(office.world, { allowedDomains })

  test('C181: goes only to the domains that the tenant allows, when it is asked for and when it is confirmed', async () => {
    const person = await office.fresh()
    const bearer = await office.bearer(person)
    const ask = async (email: string) => {
      const body = { email, password: office.world.demo.password }
      const { status, body: answer } = await office.ask(bearer, ['POST', '/me/email'], { body })
      return answer.code ?? status
    }
    const use = async (path: string, token: string) => {
      const sent = { body: { token }, headers: { 'x-tenant-id': 'acme' } }
      const { status, body } = await office.ask(undefined, ['POST', path], sent)
      return body.code ?? status
    }
    await deliverMails(office.world)
    await allow('acme.example')
    expect(await ask('me@evil.example')).toBe('domain_not_allowed')
    expect(await ask('me@acme.example.evil.example')).toBe('domain_not_allowed')
    expect(await deliverMails(office.world)).toEqual([])
    await allow()
    expect(await ask('me@evil.example')).toBe(202)
    const token = tokenIn((await deliverMails(office.world))[0])
    await allow('acme.example')
    expect(await use('/auth/email/confirm', token)).toBe('domain_not_allowed')
    await allow('evil.example')
    expect(await use('/auth/email/confirm', token)).toBe(204)
    // The way back is open, although nobody may go there any more.
    const undo = tokenIn((await deliverMails(office.world))[0])
    expect(await use('/auth/email/undo', undo)).toBe(204)
  })
})
