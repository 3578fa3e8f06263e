import { addPerson, auditOf, deliverMails } from '@iam/testkit/world'
import { decodeJwt } from 'jose'
import { afterAll, beforeEach, beforeAll, describe, expect, test } from 'vitest'
import { openApp, type TestApp } from '../support/open-app.ts'
import { PageVisitor } from '../support/page-visitor.ts'

interface Answer {
  readonly status: number
  readonly body: {
    readonly code?: string
    readonly accessToken?: string
    readonly challenge?: { readonly id: string; readonly factors: string[] }
  }
}

describe('C194: an unusual login of somebody without a second factor', () => {
  let open: TestApp
  beforeAll(async () => {
    open = await openApp()
    await open.world.admin
      .updateTable('iam.tenant')
      .set({ policy: JSON.stringify({ mfa: 'risk' }) })
      .where('tenant_id', '=', open.world.acme)
      .execute()
  })
  afterAll(() => open.close())

  let people = 0
  let email: string
  let userId: string
  beforeEach(async () => {
    email = `mailed${(people += 1)}@acme.example`
    userId = (await addPerson(open.world, { tenantId: open.world.acme, email })).userId
  })

  async function post(path: string, payload: object, on = open): Promise<Answer> {
    const response = await on.app.inject({
      method: 'POST',
      url: `/api/v1${path}`,
      headers: { 'x-tenant-id': 'acme', 'user-agent': 'curl/8' },
      payload,
    })
    return { status: response.statusCode, body: response.json() }
  }
  const logIn = () => post('/auth/login', { email, password: open.world.demo.password })
  const verify = (challenge: string, code: string) => post('/auth/mfa/verify', { challenge, code })

  /** Logs in as never before. @returns the challenge, and the code that was mailed. */
  async function challenged() {
    const { status, body } = await logIn()
    expect({ status, code: body.code, factors: body.challenge?.factors }).toEqual({
      status: 401,
      code: 'mfa_required',
      factors: ['email'],
    })
    const mails = (await deliverMails(open.world)).filter(({ letter }) => letter === 'login_code')
    expect(mails).toMatchObject([{ to: email, link: undefined, minutes: 10 }])
    const digits = mails[0]?.digits ?? ''
    expect(digits).toMatch(/^\d{8}$/)
    expect(JSON.stringify(body)).not.toContain(digits)
    return { challenge: body.challenge?.id ?? '', digits }
  }
  const sessions = () =>
    open.world.admin
      .selectFrom('iam.session')
      .select(['id', 'amr', 'acr'])
      .where('user_id', '=', userId)
      .execute()

  test('is proved by a mailed code, which is no second factor', async () => {
    const { challenge, digits } = await challenged()
    expect(await sessions()).toEqual([])
    const { status, body } = await verify(challenge, `${digits.slice(0, 4)} ${digits.slice(4)}`)
    expect(status).toBe(200)
    expect(decodeJwt(String(body.accessToken))).toMatchObject({ amr: ['pwd', 'email'], acr: 'aal1' })
    expect(await sessions()).toMatchObject([{ amr: ['pwd', 'email'], acr: 'aal1' }])
    const [kept] = await open.world.admin
      .selectFrom('iam.login_risk')
      .select(['decision', 'session_id', 'opened_at'])
      .where('user_id', '=', userId)
      .execute()
    expect(kept).toMatchObject({ decision: 'mail', session_id: (await sessions())[0]?.id })
    expect(await auditOf(open.world, userId)).toContain('user.second_factor_asked: mailed_code')
  })

  test('makes the device known by that', async () => {
    const { challenge, digits } = await challenged()
    await verify(challenge, digits)
    await open.world.forget()
    expect((await logIn()).status).toBe(200)
  })

  test('offers nobody to add a factor in its place', async () => {
    const { challenge } = await challenged()
    expect((await post('/auth/mfa/enrol', { challenge })).body.code).toBe('challenge_invalid')
  })

  test('takes a code once, also of twenty at once', async () => {
    const { challenge, digits } = await challenged()
    const answers = await Promise.all(Array.from({ length: 20 }, () => verify(challenge, digits)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await sessions()).toHaveLength(1)
    expect((await verify(challenge, digits)).body.code).toBe('challenge_invalid')
  })

  test('takes five wrong codes, and then not even the right one', async () => {
    const { challenge, digits } = await challenged()
    const wrong = digits === '00000000' ? '11111111' : '00000000'
    for (let n = 0; n < 5; n += 1) expect((await verify(challenge, wrong)).body.code).toBe('factor_invalid')
    expect((await verify(challenge, digits)).body.code).toBe('challenge_invalid')
    expect(await sessions()).toEqual([])
  })

  test('takes no code of another login, and none that is too old', async () => {
    const first = await challenged()
    const second = await challenged()
    expect((await verify(second.challenge, first.digits)).body.code).toBe('factor_invalid')
    await open.world.testClock.advance(601)
    expect((await verify(second.challenge, second.digits)).body.code).toBe('challenge_invalid')
  })

  test('is mailed nothing any more once it is too late', async () => {
    expect((await logIn()).body.code).toBe('mfa_required')
    await open.world.testClock.advance(601)
    expect(await deliverMails(open.world)).toEqual([])
  })

  test('fills nobody’s mailbox: five codes an hour', async () => {
    const limited = await openApp({ limits: 1, database: open.world.database, clock: open.world.testClock })
    const attempt = () => post('/auth/login', { email, password: open.world.demo.password }, limited)
    for (let n = 0; n < 5; n += 1) expect((await attempt()).body.code).toBe('mfa_required')
    expect((await attempt()).body.code).toBe('rate_limited')
    expect(await deliverMails(open.world)).toHaveLength(5)
    await limited.close()
  })

  test('is proved on the hosted pages too, without a script', async () => {
    const { world } = open
    const visitor = new PageVisitor(open.app)
    const password = world.demo.password
    const first = await visitor.fill('/t/acme/sign-in', { email, password })
    expect(first.location).toBe('/t/acme/second-factor')
    const page = await visitor.open('/t/acme/second-factor')
    expect(page.body).toContain('A code was mailed to you')
    expect(page.body).not.toContain('name="trust"')
    const digits = (await deliverMails(world)).at(-1)?.digits ?? ''
    const malformed = await visitor.send('/t/acme/second-factor', { mailed: 'yes', code: '123456' })
    expect(malformed.body).toContain('Enter the eight digits of the message.')
    const wrong = digits === '00000000' ? '11111111' : '00000000'
    const refused = await visitor.send('/t/acme/second-factor', { mailed: 'yes', code: wrong })
    expect(refused.body).toContain('This code cannot be used.')
    const opened = await visitor.send('/t/acme/second-factor', { mailed: 'yes', code: digits, trust: 'yes' })
    expect(opened.location).toBe('/t/acme/account')
    expect((await visitor.open('/t/acme/account')).status).toBe(200)
    expect([...visitor.cookies.keys()].filter((name) => name.includes('trust'))).toEqual([])
    expect(await sessions()).toMatchObject([{ amr: ['pwd', 'email'], acr: 'aal1' }])
  })

  test('leads on from the pages to nothing when it is too unusual, and says so', async () => {
    const { world } = open
    await world.admin
      .updateTable('iam.tenant')
      .set({ policy: JSON.stringify({ mfa: 'risk', riskRefuseAt: 40 }) })
      .where('tenant_id', '=', world.acme)
      .execute()
    const visitor = new PageVisitor(open.app)
    const page = await visitor.fill('/t/acme/sign-in', { email, password: world.demo.password })
    expect(page.body).toContain('This sign-in is too unusual')
    expect(await sessions()).toEqual([])
  })
})
