import { altered, deliverMails } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Authenticator } from '../support/authenticator.ts'
import { Holders, type Holder, type Person } from '../support/holder.ts'
import { openApp, type TestApp } from '../support/open-app.ts'
import { PageVisitor, type Page } from '../support/page-visitor.ts'

describe('second factors on the hosted pages', () => {
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
  const signIn = (visitor: PageVisitor, { email }: Pick<Person, 'email'>, next = '') =>
    visitor.fill(`/t/acme/sign-in${next}`, {
      email,
      password: open.world.demo.password,
      ...(next === '' ? {} : { next: 'factors' }),
    })
  const answer = (visitor: PageVisitor, fields: Record<string, string>) =>
    visitor.fill('/t/acme/second-factor', fields)
  const setPolicy = (policy: object) =>
    open.world.admin
      .updateTable('iam.tenant')
      .set({ policy: JSON.stringify(policy) })
      .where('tenant_id', '=', open.world.acme)
      .execute()
  /** Sets up the app that a page shows. */
  function scan({ body }: Page): { app: Authenticator; factor: string } {
    const secret = /class="secret" dir="ltr">([A-Z2-7 ]+)</.exec(body)?.[1]?.replaceAll(' ', '') ?? ''
    expect(secret).toHaveLength(32)
    expect(body).toContain('<svg class="qr" role="img"')
    const factor = /name="factor" value="([^"]+)"/.exec(body)?.[1] ?? ''
    return { app: new Authenticator(secret, open.world.clock), factor }
  }

  test('C153, C189: sign in by two steps, and nothing is open between them', async () => {
    const visitor = new PageVisitor(open.app)
    const first = await signIn(visitor, holder)
    expect([first.status, first.location]).toEqual([303, '/t/acme/second-factor'])
    const session = `__Host-iam_${open.world.acme.slice(4)}`
    expect(visitor.cookies.has(session)).toBe(false)
    expect((await visitor.open('/t/acme/account')).location).toBe('/t/acme/sign-in')
    const wrong = await answer(visitor, { code: holder.app.wrongCode() })
    expect(wrong.status).toBe(422)
    expect(wrong.body).toContain('role="alert"')
    const done = await answer(visitor, { code: holder.app.code() })
    expect(done.location).toBe('/t/acme/account')
    expect(visitor.cookies.has(session)).toBe(true)
    expect([...visitor.cookies.keys()].some((name) => name.startsWith('__Host-iam_challenge_'))).toBe(false)
    expect((await visitor.open('/t/acme/account')).status).toBe(200)
    await later(60)
  })

  test('C196: a challenge is answered by its own browser alone', async () => {
    const victim = new PageVisitor(open.app)
    await signIn(victim, holder)
    const thief = new PageVisitor(open.app)
    await thief.open('/t/acme/sign-in')
    const name = `__Host-iam_challenge_${open.world.acme.slice(4)}`
    thief.cookies.set(name, victim.cookies.get(name) ?? '')
    expect((await thief.open('/t/acme/second-factor')).location).toBe('/t/acme/sign-in')
    await thief.open('/t/acme/sign-in')
    thief.cookies.set(name, victim.cookies.get(name) ?? '')
    const stolen = await thief.send('/t/acme/second-factor', { code: holder.app.code() })
    expect(stolen.location).toBe('/t/acme/sign-in')
    const rest = await holders.verify(victim.cookies.get(name) ?? '', { code: holder.app.code() })
    expect(rest.body.code).toBe('challenge_invalid')
    expect((await answer(victim, { code: holder.app.code() })).location).toBe('/t/acme/account')
    await later(60)
  })

  test('a recovery code opens what the app would, in whatever way it is typed', async () => {
    const visitor = new PageVisitor(open.app)
    await signIn(visitor, holder)
    const asked = await visitor.open('/t/acme/second-factor')
    expect(asked.body).toContain('href="/t/acme/second-factor?with=recovery"')
    expect((await visitor.open('/t/acme/second-factor?with=recovery')).body).toContain('name="recoveryCode"')
    const [code = ''] = holder.recoveryCodes
    const done = await visitor.send('/t/acme/second-factor', { recoveryCode: code.toLowerCase() })
    expect(done.location).toBe('/t/acme/account')
  })

  test('begin again, where the second step came too late or was answered wrongly too often', async () => {
    const visitor = new PageVisitor(open.app)
    await signIn(visitor, holder)
    await later(601)
    const late = await visitor.send('/t/acme/second-factor', { code: holder.app.code() })
    expect(late.location).toBe('/t/acme/sign-in')
    expect((await visitor.open('/t/acme/sign-in')).body).toContain('role="status"')
    await signIn(visitor, holder)
    for (let n = 0; n < 5; n += 1) await answer(visitor, { code: holder.app.wrongCode() })
    expect((await answer(visitor, { code: holder.app.code() })).location).toBe('/t/acme/sign-in')
  })

  test('C187: add an app after a recent sign-in, see the codes once, and be asked from then on', async () => {
    const person = await holders.newPerson()
    const visitor = new PageVisitor(open.app)
    await signIn(visitor, person)
    await later(301)
    const early = await visitor.open('/t/acme/account/factors')
    expect(early.location).toBe('/t/acme/sign-in?next=factors')
    expect((await signIn(visitor, person, '?next=factors')).location).toBe('/t/acme/account/factors')
    await visitor.open('/t/acme/account/factors')
    const shown = await visitor.send('/t/acme/account/factors/add')
    const { app, factor } = scan(shown)
    const wrong = await visitor.send('/t/acme/account/factors/add', { factor, code: app.wrongCode() })
    expect([wrong.status, wrong.body.includes('<svg')]).toEqual([422, false])
    const added = await visitor.send('/t/acme/account/factors/add', { factor, code: app.code() })
    expect(added.body.match(/<code>[0-9A-Z-]{17}<\/code>/g)).toHaveLength(10)
    await later(60)
    const again = new PageVisitor(open.app)
    expect((await signIn(again, person)).location).toBe('/t/acme/second-factor')
    await answer(again, { code: app.code() })
    await later(60)
    await again.open('/t/acme/account/factors')
    await again.send('/t/acme/account/factors/name', { factor, name: 'the <b>blue</b> phone' })
    expect((await again.open('/t/acme/account/factors')).body).toContain('the &lt;b&gt;blue&lt;/b&gt; phone')
    const renewed = await again.send('/t/acme/account/factors/recovery-codes')
    expect(renewed.body.match(/<code>/g)).toHaveLength(10)
    expect((await again.send('/t/acme/account/factors/remove', { factor })).location).toBe(
      '/t/acme/account/factors',
    )
    expect((await signIn(new PageVisitor(open.app), person)).location).toBe('/t/acme/account')
  })

  test('C187: whoever signed in without the factor they have signs in with it before they change it', async () => {
    const person = await holders.newPerson()
    const visitor = new PageVisitor(open.app)
    await signIn(visitor, person)
    await visitor.open('/t/acme/account/factors')
    const { app, factor } = scan(await visitor.send('/t/acme/account/factors/add'))
    const cookie = `__Host-iam_${open.world.acme.slice(4)}`
    const before = visitor.cookies.get(cookie) ?? ''
    const other = new PageVisitor(open.app)
    await signIn(other, person)
    await visitor.send('/t/acme/account/factors/add', { factor, code: app.code() })
    // The code was right just now: nothing more is asked here, by another cookie than before.
    expect((await visitor.open('/t/acme/account/factors')).status).toBe(200)
    const old = new PageVisitor(open.app)
    old.cookies.set(cookie, before)
    expect([before === '', visitor.cookies.get(cookie) === before]).toEqual([false, false])
    expect((await old.open('/t/acme/account')).location).toBe('/t/acme/sign-in')
    visitor.cookies.set(cookie, other.cookies.get(cookie) ?? '')
    await later(60)
    expect((await visitor.open('/t/acme/account/factors')).location).toBe('/t/acme/sign-in?next=factors')
    const first = await signIn(visitor, person, '?next=factors')
    expect(first.location).toBe('/t/acme/second-factor?next=factors')
    await visitor.open('/t/acme/second-factor?next=factors')
    const second = await visitor.send('/t/acme/second-factor', { code: app.code(), next: 'factors' })
    expect(second.location).toBe('/t/acme/account/factors')
    expect((await visitor.open('/t/acme/account/factors')).status).toBe(200)
  })

  test.each([{ mfa: 'off' }, { mfa: 'risk', riskChallengeAt: 100 }])(
    'C187: with %j a password lets somebody in who has a factor, and both lead to their factors',
    async (policy) => {
      const person = await holders.newHolder()
      const visitor = new PageVisitor(open.app)
      const page = '/t/acme/account/factors'
      await setPolicy(policy)
      const entered = await signIn(visitor, person)
      const asked = await visitor.open(page)
      const first = await signIn(visitor, person, '?next=factors')
      await visitor.open(first.location ?? '')
      const second = await visitor.send('/t/acme/second-factor', {
        code: person.app.code(),
        next: 'factors',
      })
      const shown = await visitor.open(page)
      await setPolicy({})
      expect(entered.location).toBe('/t/acme/account')
      expect(asked.location).toBe('/t/acme/sign-in?next=factors')
      expect(first.location).toBe('/t/acme/second-factor?next=factors')
      expect([second.location, shown.status]).toEqual([page, 200])
      await later(60)
    },
  )

  test.each([
    { passwordLogin: false, magicLinks: true },
    { passwordLogin: false, magicLinks: true, mfa: 'off' },
  ])('C187: with %j a mailed link and the factor lead to one’s factors', async (policy) => {
    const person = await holders.newHolder()
    await deliverMails(open.world)
    await setPolicy(policy)
    try {
      const visitor = new PageVisitor(open.app)
      await visitor.open('/t/acme/sign-in?next=factors')
      await visitor.send('/t/acme/mail-link', { email: person.email, next: 'factors' })
      const mail = (await deliverMails(open.world)).find(({ to }) => to === person.email)
      const read = await visitor.fill('/t/acme/magic-link/code', { code: mail?.digits ?? '' })
      expect(read.location).toBe('/t/acme/second-factor?next=factors')
      await visitor.open(read.location ?? '')
      const fields = { code: person.app.code(), next: 'factors' }
      const proved = await visitor.send('/t/acme/second-factor', fields)
      expect(proved.location).toBe('/t/acme/account/factors')
      expect((await visitor.open('/t/acme/account/factors')).status).toBe(200)
      const renewed = await visitor.send('/t/acme/account/factors/recovery-codes')
      expect(renewed.body.match(/<code>/g)).toHaveLength(10)
    } finally {
      await setPolicy({})
      await later(60)
    }
  })

  test('C191: a tenant that requires a factor has one added between password and account', async () => {
    await setPolicy({ mfa: 'required' })
    const person = await holders.newPerson()
    const visitor = new PageVisitor(open.app)
    expect((await signIn(visitor, person)).location).toBe('/t/acme/second-factor')
    // The page of the one step shows nothing of the other.
    expect((await visitor.open('/t/acme/add-factor')).location).toBe('/t/acme/sign-in')
    await signIn(visitor, person)
    const mail = (await deliverMails(open.world)).at(-1)
    expect(mail).toMatchObject({ letter: 'login_code', to: person.email })
    const proved = await answer(visitor, { mailed: 'yes', code: mail?.digits ?? '' })
    expect(proved.location).toBe('/t/acme/add-factor')
    expect((await visitor.open('/t/acme/second-factor')).location).toBe('/t/acme/sign-in')
    expect((await signIn(visitor, person)).location).toBe('/t/acme/second-factor')
    const next = (await deliverMails(open.world)).at(-1)
    await answer(visitor, { mailed: 'yes', code: next?.digits ?? '' })
    expect((await visitor.open('/t/acme/account')).location).toBe('/t/acme/sign-in')
    await visitor.open('/t/acme/add-factor')
    const { app, factor } = scan(await visitor.send('/t/acme/add-factor'))
    expect((await visitor.send('/t/acme/add-factor', { factor, code: app.wrongCode() })).status).toBe(422)
    const codes = await visitor.send('/t/acme/add-factor', { factor, code: app.code() })
    await setPolicy({})
    expect(codes.body.match(/<code>/g)).toHaveLength(10)
    expect((await visitor.open('/t/acme/account')).status).toBe(200)
    expect((await visitor.open('/t/acme/account/factors')).status).toBe(200)
  })

  test('offer no factor where the tenant has none, and say what is so to each refused form', async () => {
    const person = await holders.newPerson()
    const visitor = new PageVisitor(open.app)
    await signIn(visitor, person)
    const page = '/t/acme/account/factors'
    const offer = 'action="/t/acme/account/factors/add"'
    expect((await visitor.open(page)).body).toContain(offer)
    const { factor } = scan(await visitor.send(`${page}/add`))
    const refused = async (path: string, fields: Record<string, string>, sentence: string) => {
      const answer = await visitor.send(`${page}/${path}`, fields)
      expect([path, answer.status, answer.body.includes(sentence)]).toEqual([path, 422, true])
    }
    await refused('remove', { factor }, 'not there any more')
    await refused('name', { factor, name: 'the phone' }, 'not there any more')
    await refused('recovery-codes', {}, 'Add a second factor first')
    await refused('add', { factor: holder.factorId, code: '000000' }, 'took too long')
    await setPolicy({ mfa: 'off' })
    const off = await visitor.open(page)
    await refused('add', {}, 'has no second factors')
    const passkey = await visitor.open(`${page}/passkey`)
    await setPolicy({})
    expect([off.body.includes('has no second factors'), off.body.includes(offer)]).toEqual([true, false])
    expect(off.body).not.toContain('/account/factors/passkey')
    expect(passkey.body).toContain('has no second factors')
    expect(passkey.body).not.toContain('action="/t/acme/account/factors/passkey"')
  })

  test('C193: a trusted browser is asked no more, by its person, for as long as the tenant says', async () => {
    const person = await holders.newHolder()
    const other = await holders.newHolder()
    const visitor = new PageVisitor(open.app)
    const cookie = `__Host-iam_trusted_${open.world.acme.slice(4)}`
    await signIn(visitor, person)
    expect((await visitor.open('/t/acme/second-factor')).body).toContain('name="trust"')
    await answer(visitor, { code: person.app.code(), trust: 'yes' })
    const kept = visitor.cookies.get(cookie) ?? ''
    expect(kept).not.toBe('')
    await later(60)
    const fresh = (value = kept) => {
      const browser = new PageVisitor(open.app)
      browser.cookies.set(cookie, value)
      return browser
    }
    expect((await signIn(fresh(), person)).location).toBe('/t/acme/account')
    expect((await signIn(fresh(), other)).location).toBe('/t/acme/second-factor')
    expect((await signIn(fresh(altered(kept)), person)).location).toBe('/t/acme/second-factor')
    const agent = new PageVisitor(open.app)
    agent.cookies.set(cookie, kept)
    await agent.open('/t/acme/sign-in')
    const elsewhere = await agent.send(
      '/t/acme/sign-in',
      { email: person.email, password: open.world.demo.password },
      { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' },
    )
    expect(elsewhere.location).toBe('/t/acme/second-factor')
    const strong = fresh()
    await signIn(strong, person)
    expect((await strong.open('/t/acme/account/factors')).location).toBe('/t/acme/sign-in?next=factors')
    expect((await signIn(strong, person, '?next=factors')).location).toBe(
      '/t/acme/second-factor?next=factors',
    )
    await setPolicy({ trustedDeviceDays: 0 })
    const never = await signIn(fresh(), person)
    await setPolicy({})
    expect(never.location).toBe('/t/acme/second-factor')
    await open.world.admin
      .updateTable('iam.credential')
      .set({ changed_at: open.world.clock() })
      .where('user_id', '=', person.userId)
      .execute()
    expect((await signIn(fresh(), person)).location).toBe('/t/acme/second-factor')
  })

  test('C193: trust ends with its days, and with the factors that it spared', async () => {
    const person = await holders.newHolder()
    const visitor = new PageVisitor(open.app)
    await signIn(visitor, person)
    await answer(visitor, { code: person.app.code(), trust: 'yes' })
    await later(60)
    await visitor.open('/t/acme/account/factors')
    const { app, factor } = scan(await visitor.send('/t/acme/account/factors/add'))
    expect((await signIn(visitor, person)).location).toBe('/t/acme/account')
    await later(60)
    await signIn(visitor, person, '?next=factors')
    await visitor.open('/t/acme/second-factor?next=factors')
    await visitor.send('/t/acme/second-factor', { code: person.app.code(), next: 'factors' })
    await visitor.open('/t/acme/account/factors')
    await visitor.send('/t/acme/account/factors/add', { factor, code: app.code() })
    await visitor.fill('/t/acme/account', {})
    const next = new PageVisitor(open.app)
    for (const [name, value] of visitor.cookies) if (name.includes('trusted')) next.cookies.set(name, value)
    expect((await signIn(next, person)).location).toBe('/t/acme/second-factor')
    await later(60)
    await answer(next, { code: person.app.code(), trust: 'yes' })
    const aged = new PageVisitor(open.app)
    for (const [name, value] of next.cookies) if (name.includes('trusted')) aged.cookies.set(name, value)
    expect((await signIn(aged, person)).location).toBe('/t/acme/account')
    await later(30 * 86_400)
    const old = new PageVisitor(open.app)
    for (const [name, value] of next.cookies) if (name.includes('trusted')) old.cookies.set(name, value)
    expect((await signIn(old, person)).location).toBe('/t/acme/second-factor')
  })
})
