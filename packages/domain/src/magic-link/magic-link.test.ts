import {
  addPerson,
  altered,
  auditOf,
  deliverMails,
  eventsOf,
  openWorld,
  setPolicy,
  tokenIn,
  type World,
} from '@iam/testkit/world'
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { verifyAccessToken } from '../access-token/index.ts'
import { requestPasswordReset } from '../account/index.ts'
import { newId, Refusal } from '../kit/index.ts'
import { rememberDevice } from '../login-attempt/index.ts'
import { checkSession } from '../session/index.ts'
import {
  approveMagicLink,
  checkMagicLink,
  logInBrowserWithMagicLink,
  logInWithMagicLink,
  requestMagicLink,
  viewMagicLink,
  type MagicProof,
  type RequestedMagicLink,
} from './index.ts'

type Asked = RequestedMagicLink & { readonly token: string; readonly code: string }

describe('a magic link', () => {
  const worlds: World[] = []
  let world: World
  let userId: `usr_${string}`
  const email = 'grace@acme.example'
  beforeEach(async () => {
    world = await openWorld(inject('services'))
    worlds.push(world)
    ;({ userId } = await addPerson(world, { tenantId: world.acme, email }))
    await setPolicy(world, { magicLinks: true })
  })
  afterAll(async () => {
    await Promise.all(worlds.map((each) => each.close()))
  })

  const from = () => ({ tenantId: world.acme, origin: world.origin })
  const request = (address = email) => requestMagicLink(world, { ...from(), email: address, locale: 'en' })
  const mail = async () => (await deliverMails(world)).findLast(({ letter }) => letter === 'magic_link')
  const ask = async (): Promise<Asked> => {
    const asked = await request()
    const mailed = await mail()
    return { ...asked, token: tokenIn(mailed), code: mailed?.digits ?? '' }
  }
  const byLink = ({ token }: Asked): MagicProof => ({ by: 'link', token })
  const byCode = ({ code }: Asked): MagicProof => ({ by: 'code', code })
  const approval: MagicProof = { by: 'approval' }
  const logIn = (asked: Pick<Asked, 'request'>, proof: MagicProof) =>
    logInWithMagicLink(world, { ...from(), request: asked.request, proof })
  const approve = (asked: Asked, number = asked.number) =>
    approveMagicLink(world, { ...from(), token: asked.token, number })
  const status = async ({ request: held }: Pick<Asked, 'request'>) =>
    (await checkMagicLink(world, { tenantId: world.acme, request: held })).status
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
    )
  const sessions = () =>
    world.admin.selectFrom('iam.session').select(['amr', 'acr']).where('user_id', '=', userId).execute()
  const otherThan = (digits: string) =>
    String((Number(digits) + 1) % 10 ** digits.length).padStart(digits.length, '0')

  async function addTotp(): Promise<void> {
    await world.admin
      .insertInto('iam.factor')
      .values({
        tenant_id: world.acme,
        id: newId('mfa', world.clock()),
        user_id: userId,
        kind: 'totp',
        created_at: world.clock(),
        confirmed_at: world.clock(),
      })
      .execute()
  }

  test('logs in on the device that asked, says so in amr and acr, and confirms the address', async () => {
    const issued = await logIn(await ask(), { by: 'link', token: '' }).catch(() => undefined)
    expect(issued).toBeUndefined()
    const asked = await ask()
    const opened = await logIn(asked, byLink(asked))
    const session = await checkSession(world, verifyAccessToken(world, opened.accessToken))
    expect(session).toMatchObject({ userId, amr: ['email'], acr: 'email' })
    const events = (await eventsOf(world, world.acme, userId)).map(({ type }) => type)
    expect(events).toEqual(['user.registered', 'user.email_verified', 'user.login_succeeded'])
    const user = await world.admin
      .selectFrom('iam.user')
      .select('email_verified_at')
      .where('id', '=', userId)
      .executeTakeFirstOrThrow()
    expect(user.email_verified_at).not.toBeNull()
    expect(await auditOf(world, userId)).toContain('magic_link.mailed')
  })

  test('is off unless the tenant turns it on, also for one that was mailed before', async () => {
    const asked = await ask()
    await request()
    await setPolicy(world, {})
    expect(await codeOf(request())).toBe('magic_links_off')
    expect(await mail()).toBeUndefined()
    await setPolicy(world, { magicLinks: true })
    const late = await ask()
    await setPolicy(world, {})
    expect(await codeOf(logIn(asked, byLink(asked)))).toBe('code_invalid')
    expect(await codeOf(logIn(late, byLink(late)))).toBe('magic_links_off')
    expect(await sessions()).toEqual([])
  })

  test('C178: is looked at by anybody, however often, and nothing changes', async () => {
    const asked = await ask()
    const rows = () => world.admin.selectFrom('iam.magic_link').selectAll().execute()
    const before = await rows()
    const view = { tenantId: world.acme, token: asked.token }
    expect(await viewMagicLink(world, { ...view, request: undefined })).toMatchObject({ isOwn: false })
    expect(await viewMagicLink(world, { ...view, request: asked.request })).toMatchObject({ isOwn: true })
    const other = await request('somebody@acme.example')
    expect(await viewMagicLink(world, { ...view, request: other.request })).toMatchObject({ isOwn: false })
    expect((await rows()).slice(0, 1)).toEqual(before)
  })

  test('C180: lets nobody in by the mail alone, nor by what the device that asked holds alone', async () => {
    const asked = await ask()
    const another = await requestMagicLink(world, { ...from(), email: 'else@acme.example', locale: 'en' })
    expect(await codeOf(logIn(another, byLink(asked)))).toBe('code_invalid')
    expect(await codeOf(logIn(another, byCode(asked)))).toBe('code_invalid')
    expect(await codeOf(logIn({ request: asked.token }, byLink(asked)))).toBe('code_invalid')
    expect(await codeOf(logIn(asked, { by: 'link', token: asked.request }))).toBe('code_invalid')
    expect(await codeOf(logIn(asked, approval))).toBe('code_invalid')
    expect(await codeOf(logIn(asked, byLink(asked)))).toBe('done')
  })

  test('C180: followed elsewhere, lets the device go on that asked, by the number that it shows', async () => {
    const asked = await ask()
    expect(await status(asked)).toBe('waiting')
    expect(await codeOf(approve(asked, otherThan(asked.number)))).toBe('code_invalid')
    expect(await codeOf(approve(asked, ''))).toBe('code_invalid')
    expect(await status(asked)).toBe('waiting')
    expect(await codeOf(approve(asked))).toBe('done')
    expect(await sessions()).toEqual([])
    expect(await status(asked)).toBe('approved')
    expect(await codeOf(approve(asked))).toBe('code_invalid')
    expect(await codeOf(logIn(asked, approval))).toBe('done')
    expect(await status(asked)).toBe('ended')
  })

  test('five wrong numbers end that way in; the link itself and the code still work', async () => {
    const asked = await ask()
    for (let n = 0; n < 5; n += 1)
      expect(await codeOf(approve(asked, otherThan(asked.number)))).toBe('code_invalid')
    expect(await codeOf(approve(asked))).toBe('code_invalid')
    expect(await codeOf(logIn(asked, byCode(asked)))).toBe('done')
  })

  test('five wrong codes end that way in, also fifty at once; the link itself still works', async () => {
    const asked = await ask()
    const wrong = { by: 'code', code: otherThan(asked.code) } as const
    const guesses = Array.from({ length: 50 }, () => codeOf(logIn(asked, wrong)))
    expect(new Set(await Promise.all(guesses))).toEqual(new Set(['code_invalid']))
    const { code_guesses: taken } = await world.admin
      .selectFrom('iam.magic_link')
      .select('code_guesses')
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow()
    expect(taken).toBe(5)
    expect(await codeOf(logIn(asked, byCode(asked)))).toBe('code_invalid')
    expect(await codeOf(logIn(asked, byLink(asked)))).toBe('done')
  })

  test.for(['link', 'code', 'approval'] as const)(
    'C179: fifty who come with the same %s at once open one session',
    async (by) => {
      const asked = await ask()
      if (by === 'approval') {
        const approvals = Array.from({ length: 4 }, () => codeOf(approve(asked)))
        expect((await Promise.all(approvals)).toSorted()).toEqual([
          ...Array.from({ length: 3 }, () => 'code_invalid'),
          'done',
        ])
      }
      const proof = { link: byLink(asked), code: byCode(asked), approval }[by]
      const answers = await Promise.all(Array.from({ length: 50 }, () => codeOf(logIn(asked, proof))))
      expect(answers.filter((answer) => answer === 'done')).toHaveLength(1)
      expect(new Set(answers)).toEqual(new Set(['done', 'code_invalid']))
      expect(await sessions()).toEqual([{ amr: ['email'], acr: 'email' }])
    },
  )

  test('C190: asks who has a second factor for it, once; the link is used up by that', async () => {
    await addTotp()
    const asked = await ask()
    const refused: unknown = await logIn(asked, byLink(asked)).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'mfa_required', challenge: { factors: ['totp'] } })
    expect(await sessions()).toEqual([])
    expect(await codeOf(logIn(asked, byLink(asked)))).toBe('code_invalid')
    expect(await status(asked)).toBe('ended')
    const again = await ask()
    const many = Array.from({ length: 50 }, () => codeOf(logIn(again, byCode(again))))
    expect((await Promise.all(many)).filter((code) => code === 'mfa_required')).toHaveLength(1)
    const browser = { ...from(), previous: undefined, binding: Buffer.alloc(32) }
    const third = await ask()
    expect(
      await codeOf(
        logInBrowserWithMagicLink(world, { ...browser, request: third.request, proof: byLink(third) }),
      ),
    ).toBe('mfa_required')
  })

  test('is no second factor: who has to have one adds one, whatever mail they read', async () => {
    await setPolicy(world, { magicLinks: true, mfa: 'required' })
    const asked = await ask()
    expect(await codeOf(logIn(asked, byLink(asked)))).toBe('mfa_enrolment_required')
  })

  test('lets people in who have no password, where nobody has', async () => {
    await setPolicy(world, { magicLinks: true, passwordLogin: false })
    await world.admin.deleteFrom('iam.credential').where('user_id', '=', userId).execute()
    const asked = await ask()
    expect(await codeOf(logIn(asked, byLink(asked)))).toBe('done')
  })

  test('is void when it is too old, or a newer one was asked for', async () => {
    const old = await ask()
    const newer = await ask()
    expect(await codeOf(logIn(old, byLink(old)))).toBe('code_invalid')
    expect(await codeOf(approve(old))).toBe('code_invalid')
    await world.testClock.advance(600)
    expect(await codeOf(logIn(newer, byLink(newer)))).toBe('code_invalid')
    expect(await codeOf(logIn(newer, byCode(newer)))).toBe('code_invalid')
    await world.forget()
    expect([await status(old), await status(newer)]).toEqual(['ended', 'ended'])
  })

  test('of many that are asked for at once, the newest alone is good', async () => {
    const asked = await Promise.all(Array.from({ length: 20 }, () => request()))
    await world.forget()
    const standings = await Promise.all(asked.map(status))
    expect(standings.filter((each) => each === 'waiting')).toHaveLength(1)
    await deliverMails(world)
    const mailed = await world.admin
      .selectFrom('iam.magic_link')
      .select('id')
      .where('user_id', '=', userId)
      .execute()
    expect(mailed).toHaveLength(1)
  })

  test('C45: takes no token of another tenant, of another kind, or of another link', async () => {
    const asked = await ask()
    await requestPasswordReset(world, { ...from(), email, locale: 'en' })
    const reset = tokenIn((await deliverMails(world)).at(-1))
    const elsewhere = { tenantId: world.globex, origin: world.origin }
    const proof = byLink(asked)
    expect(await codeOf(logInWithMagicLink(world, { ...elsewhere, request: asked.request, proof }))).toBe(
      'code_invalid',
    )
    expect(await codeOf(approveMagicLink(world, { ...elsewhere, ...asked }))).toBe('code_invalid')
    for (const token of [reset, asked.request, altered(asked.token), '', 'mll_']) {
      expect(await codeOf(logIn(asked, { by: 'link', token }))).toBe('code_invalid')
      expect(await codeOf(approveMagicLink(world, { ...from(), token, number: asked.number }))).toBe(
        'code_invalid',
      )
    }
    for (const token of [reset, asked.token, ''])
      expect(await codeOf(logIn({ request: token }, proof))).toBe('code_invalid')
    expect(await codeOf(logIn(asked, proof))).toBe('done')
  })

  test('lets its person in by risk, on another network, in a browser that shows it is known', async () => {
    const asked = await ask()
    await logIn(asked, byLink(asked))
    await setPolicy(world, { magicLinks: true, mfa: 'risk' })
    const knownBy = rememberDevice(world, { tenantId: world.acme, email }, undefined)
    const strangers = rememberDevice(world, { tenantId: world.acme, email: 'ada@acme.example' }, undefined)
    const cameBy = async (held: string | undefined) => {
      await world.forget()
      const { request: token, ...one } = await ask()
      const origin = { ...world.origin, network: '198.51.100.0/24' }
      const login = {
        tenantId: world.acme,
        origin,
        request: token,
        proof: byLink({ request: token, ...one }),
      }
      return codeOf(logInWithMagicLink(world, { ...login, knownBy: held }))
    }
    for (const held of [undefined, strangers, 'x']) expect(await cameBy(held)).toBe('login_refused')
    expect(await cameBy(knownBy)).toBe('done')
    expect((await deliverMails(world)).map(({ letter }) => letter)).not.toContain('new_device')
  })

  test('C165: is asked for with the same statements and the same answer, whoever has the address', async () => {
    const work = async (address: string) => {
      const statements = world.waits.sent.length
      const mails = await world.admin.selectFrom('iam.mail').select('id').execute()
      const asked = await request(address)
      const after = await world.admin.selectFrom('iam.mail').select('id').execute()
      return {
        shape: Object.entries(asked).map(([name, value]) => [name, String(value).length]),
        sent: world.waits.sent.slice(statements).map(({ sql }) => sql),
        mails: after.length - mails.length,
      }
    }
    await addPerson(world, { tenantId: world.acme, email: 'suspended@acme.example' })
    await world.admin
      .updateTable('iam.user')
      .set({ status: 'suspended' })
      .where('email', '=', 'suspended@acme.example')
      .execute()
    const known = await work(email)
    expect(known.mails).toBe(1)
    expect(await work('nobody@acme.example')).toEqual(known)
    expect(await work('suspended@acme.example')).toEqual(known)
    const letters = (await deliverMails(world)).map(({ to, letter }) => `${to}: ${letter}`)
    expect(letters).toEqual([
      'grace@acme.example: magic_link',
      'nobody@acme.example: magic_link_no_account',
      'suspended@acme.example: account_suspended',
    ])
  })

  test('C165: a wrong code is answered alike, whether or not anybody has the address', async () => {
    const known = await ask()
    const unknown = await request('nobody@acme.example')
    await deliverMails(world)
    const work = async (asked: Pick<Asked, 'request'>) => {
      const statements = world.waits.sent.length
      const answer = await codeOf(logIn(asked, { by: 'code', code: otherThan(known.code) }))
      return { answer, sent: world.waits.sent.slice(statements).map(({ sql }) => sql) }
    }
    const first = await work(known)
    expect(first.answer).toBe('code_invalid')
    expect(await work(unknown)).toEqual(first)
    expect([await status(known), await status(unknown)]).toEqual(['waiting', 'waiting'])
  })

  test('says that the account is suspended only to who has read the mail, and lets them in nowhere', async () => {
    const asked = await ask()
    await world.admin.updateTable('iam.user').set({ status: 'suspended' }).where('id', '=', userId).execute()
    expect(await codeOf(logIn(asked, { by: 'code', code: otherThan(asked.code) }))).toBe('code_invalid')
    expect(await codeOf(logIn(asked, byLink(asked)))).toBe('user_suspended')
    expect(await sessions()).toEqual([])
    const failed = (await eventsOf(world, world.acme, userId)).at(-1)
    expect(failed).toMatchObject({ type: 'user.login_failed', payload: { reason: 'user_suspended' } })
  })

  test('lets nobody in who has another address by now', async () => {
    const asked = await ask()
    await world.admin
      .updateTable('iam.user')
      .set({ email: 'hopper@acme.example' })
      .where('id', '=', userId)
      .execute()
    expect(await codeOf(logIn(asked, byLink(asked)))).toBe('code_invalid')
  })

  test('who waits asks Redis, and Postgres only where that does not know', async () => {
    const asked = await ask()
    const waits = async () => {
      const before = world.waits.count
      await status(asked)
      return world.waits.count - before
    }
    expect([await waits(), await waits()]).toEqual([0, 0])
    await world.forget()
    expect([await waits(), await waits()]).toEqual([1, 0])
  })

  test('stays used when Redis was emptied, or says that it was not', async () => {
    const asked = await ask()
    expect(await codeOf(logIn(asked, byLink(asked)))).toBe('done')
    await world.forget()
    for (const proof of [byLink(asked), byCode(asked), approval])
      expect(await codeOf(logIn(asked, proof))).toBe('code_invalid')
    expect(await codeOf(approve(asked))).toBe('code_invalid')
    expect(await status(asked)).toBe('ended')
    await world.forget()
    const [{ id }] = (await world.admin.selectFrom('iam.magic_link').select('id').execute()) as [
      { id: `mgl_${string}` },
    ]
    await world.linkStates.keep({ tenantId: world.acme, id }, 'approved')
    expect(await codeOf(logIn(asked, approval))).toBe('code_invalid')
    expect(await sessions()).toHaveLength(1)
  })

  test('is as it was when the session could not be stored: the person comes again', async () => {
    const asked = await ask()
    const cuts: World['db']['flights'] = {
      ...world.db.flights,
      fly: async (statements) => {
        if (statements.some(({ sql }) => sql.includes('insert into "iam"."session"')))
          throw new Error('the connection was cut')
        return world.db.flights.fly(statements)
      },
    }
    const cut = logInWithMagicLink(
      { ...world, db: { ...world.db, flights: cuts } },
      { ...from(), request: asked.request, proof: byLink(asked) },
    )
    expect(await codeOf(cut)).toContain('cut')
    expect(await sessions()).toEqual([])
    expect(await status(asked)).toBe('waiting')
    expect(await codeOf(logIn(asked, byLink(asked)))).toBe('done')
  })
})

describe('a magic link without Redis', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld(inject('services'), { redisUrl: 'redis://127.0.0.1:1' })
  })
  afterAll(() => world.close())

  test('works: each look at it asks Postgres', async () => {
    const { acme: tenantId, origin } = world
    const { email } = await addPerson(world, { tenantId, email: 'grace@acme.example' })
    await setPolicy(world, { magicLinks: true })
    const from = { tenantId, origin }
    const asked = await requestMagicLink(world, { ...from, email, locale: 'en' })
    const [mail] = await deliverMails(world)
    const status = async () => (await checkMagicLink(world, { tenantId, request: asked.request })).status
    expect(await status()).toBe('waiting')
    await approveMagicLink(world, { ...from, token: tokenIn(mail), number: asked.number })
    expect(await status()).toBe('approved')
    const logIn = () =>
      logInWithMagicLink(world, { ...from, request: asked.request, proof: { by: 'approval' } })
    await logIn()
    expect(await status()).toBe('ended')
    await expect(logIn()).rejects.toMatchObject({ code: 'code_invalid' })
  })
})
