import { auditOf, eventsOf, openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { mintOpaqueToken, readOpaqueToken } from '../opaque-token/index.ts'
import { createUser } from '../user/index.ts'
import { hashPassword } from '../credential/index.ts'
import {
  checkBrowserSession,
  endBrowserSession,
  fitsFormToken,
  formTokenOf,
  logInBrowserWithPassword,
  openPreSession,
  readPreSession,
  type OpenedBrowserSession,
} from './index.ts'

const ada = 'ada@acme.example'

describe('a browser session', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
    const password = await hashPassword(world, { tenantId: world.acme, password: world.demo.password })
    await createUser(world, { tenantId: world.acme, email: 'grace@acme.example', password })
  })
  afterAll(() => world.close())

  const signIn = (email = ada, previous?: string) =>
    logInBrowserWithPassword(world, {
      tenantId: world.acme,
      email,
      password: world.demo.password,
      previous,
      origin: world.origin,
    })
  const check = ({ token }: { token: string }, tenantId = world.acme) =>
    checkBrowserSession(world, { tenantId, token })
  const ended = { code: 'session_ended' }
  const rowOf = ({ session }: OpenedBrowserSession) =>
    world.admin.selectFrom('iam.session').selectAll().where('id', '=', session.id).executeTakeFirstOrThrow()

  test('is opened by a login, without a grant, and told of as any other', async () => {
    const opened = await signIn()
    expect(opened).toMatchObject({ maxAge: 28_800, user: { email: ada, tenantId: world.acme } })
    const events = await eventsOf(world, world.acme, opened.session.id)
    expect(events.map(({ type }) => type)).toEqual(['session.created'])
    expect(events[0]?.payload).not.toHaveProperty('clientId')
    expect(await auditOf(world, opened.session.id)).toEqual(['user.login_succeeded: first_login'])
    const grants = await world.admin
      .selectFrom('iam.grant')
      .select('id')
      .where('session_id', '=', opened.session.id)
      .execute()
    expect(grants).toEqual([])
  })

  test('is checked in one wait, and noted as used at most once a minute', async () => {
    const opened = await signIn()
    const waits = world.waits.count
    const session = await check(opened)
    expect(world.waits.count - waits).toBe(1)
    expect(session).toMatchObject({ sessionId: opened.session.id, email: ada, amr: ['pwd'], acr: 'aal1' })
    const { last_seen_at: openedAt } = await rowOf(opened)
    await world.testClock.advance(50)
    await check(opened)
    expect((await rowOf(opened)).last_seen_at).toEqual(openedAt)
    await world.testClock.advance(10)
    await Promise.all(Array.from({ length: 8 }, () => check(opened)))
    const { last_seen_at: touched } = await rowOf(opened)
    expect(Number(touched) - Number(openedAt)).toBeGreaterThanOrEqual(60_000)
    await check(opened)
    expect((await rowOf(opened)).last_seen_at).toEqual(touched)
  })

  test('C153: a login never takes over what the browser held: id and secret are new, and the old ones dead', async () => {
    const before = await signIn()
    const after = await signIn(ada, before.token)
    expect(after.session.id).not.toBe(before.session.id)
    expect(after.token).not.toBe(before.token)
    await expect(check(before)).rejects.toMatchObject(ended)
    expect((await check(after)).sessionId).toBe(after.session.id)
    expect(await auditOf(world, before.session.id)).toContain('session.revoked: replaced')
    expect((await eventsOf(world, world.acme, before.session.id)).at(-1)).toMatchObject({
      type: 'session.revoked',
      sequence: 2,
      payload: { reason: 'replaced' },
    })
  })

  test('C153: a cookie that an attacker planted is not signed in by the login that follows', async () => {
    const planted = await signIn('grace@acme.example')
    const pre = openPreSession(world, { tenantId: world.acme, previous: undefined })
    const victims = await signIn(ada, planted.token)
    await expect(check(planted)).rejects.toMatchObject(ended)
    await expect(check(pre)).rejects.toMatchObject(ended)
    expect((await check(victims)).email).toBe(ada)
  })

  test('C154: a second person on the same browser gets a session of their own, and the first one is signed out', async () => {
    const first = await signIn()
    const second = await signIn('grace@acme.example', first.token)
    expect(await check(second)).toMatchObject({ email: 'grace@acme.example' })
    await expect(check(first)).rejects.toMatchObject(ended)
    const firsts = readOpaqueToken(world.secrets.of('token-tag'), 'session', first.token)
    const seconds = readOpaqueToken(world.secrets.of('token-tag'), 'session', second.token)
    expect(firsts?.secret.equals(seconds?.secret ?? Buffer.alloc(0))).toBe(false)
  })

  test('C153: a session is replaced only by whoever holds its secret', async () => {
    const opened = await signIn()
    const { objectId = '' } = readOpaqueToken(world.secrets.of('token-tag'), 'session', opened.token) ?? {}
    const { tamperedWith } = await forgeries(opened)
    for (const token of tamperedWith) await signIn('grace@acme.example', token)
    expect((await check(opened)).sessionId).toBe(objectId)
  })

  /** Tokens that name a session and are not its token. */
  async function forgeries(opened: OpenedBrowserSession) {
    const { token } = opened
    const { acme: tenantId } = world
    const { objectId = '' } = readOpaqueToken(world.secrets.of('token-tag'), 'session', token) ?? {}
    const guessed = mintOpaqueToken(world.secrets.of('token-tag').current(world.clock()), {
      type: 'session',
      tenantId,
      objectId,
      generation: 1,
      secret: Buffer.alloc(32),
    })
    const flipped = token.endsWith('0') ? '1' : '0'
    const other = await signIn()
    return {
      tamperedWith: [
        '',
        guessed.token,
        token.slice(0, -1),
        `${token}0`,
        token.slice(0, -1) + flipped,
        token.slice(0, 60) + other.token.slice(60),
        token.replace('mlb_', 'mlr_'),
        token.replace('mlb_', 'mlf_'),
        'x'.repeat(100_000),
      ],
    }
  }

  test('C162: a token that was tampered with, cut, or is of another tenant, is nobody’s', async () => {
    const opened = await signIn()
    const { tamperedWith } = await forgeries(opened)
    for (const token of tamperedWith) await expect(check({ token })).rejects.toMatchObject(ended)
    await expect(check(opened, world.globex)).rejects.toMatchObject(ended)
    expect((await check(opened)).sessionId).toBe(opened.session.id)
  })

  test('C163: the database holds nothing that a browser could present', async () => {
    const opened = await signIn()
    const row = await rowOf(opened)
    const read = readOpaqueToken(world.secrets.of('token-tag'), 'session', opened.token)
    expect(row.secret_hash).toEqual(read?.hash)
    const tables = ['iam.session', 'iam.audit_event', 'iam.outbox', 'iam.mail'] as const
    for (const table of tables) {
      const rows = await world.admin.selectFrom(table).selectAll().execute()
      const values = rows.flatMap((row) => Object.values<unknown>(row))
      const texts = values.map((value) =>
        Buffer.isBuffer(value) ? value.toString('hex') : JSON.stringify(value),
      )
      expect(texts.join(' ')).not.toContain(read?.secret.toString('hex'))
      expect(texts.join(' ')).not.toContain(opened.token.slice(4))
    }
  })

  test('C160: ends after an hour without use, and at the absolute limit however much it is used', async () => {
    const idle = await signIn()
    const used = await signIn()
    await world.testClock.advance(3_500)
    await check(used)
    await world.testClock.advance(100)
    await expect(check(idle)).rejects.toMatchObject(ended)
    for (let n = 0; n < 8; n += 1) {
      await check(used)
      await world.testClock.advance(3_100)
    }
    await check(used)
    await world.testClock.advance(28_800 - 3_600 - 8 * 3_100)
    await expect(check(used)).rejects.toMatchObject(ended)
    for (const opened of [idle, used])
      expect(await auditOf(world, opened.session.id)).toContain('session.revoked: expired')
  })

  test('C160: a clock that is set back does not bring a session to life again', async () => {
    const opened = await signIn()
    await world.testClock.advance(3_600)
    await expect(check(opened)).rejects.toMatchObject(ended)
    await world.testClock.advance(-3_000)
    await expect(check(opened)).rejects.toMatchObject(ended)
  })

  test('C161: is refused at the next request after a sign-out, which can be asked for twice', async () => {
    const opened = await signIn()
    const signOut = (token = opened.token) =>
      endBrowserSession(world, { tenantId: world.acme, token, origin: world.origin })
    await signOut(`${opened.token.slice(0, -1)}_`)
    expect((await check(opened)).sessionId).toBe(opened.session.id)
    await signOut()
    await signOut()
    await expect(check(opened)).rejects.toMatchObject(ended)
    expect(await auditOf(world, opened.session.id)).toEqual([
      'user.login_succeeded',
      'session.revoked: logged_out',
    ])
  })

  test('C161: is refused once its account is not active, and stays so when the account is again', async () => {
    const opened = await signIn()
    const setStatus = (status: string) =>
      world.admin.updateTable('iam.user').set({ status }).where('email', '=', ada).execute()
    await setStatus('suspended')
    await expect(check(opened)).rejects.toMatchObject(ended)
    await setStatus('active')
    await expect(check(opened)).rejects.toMatchObject(ended)
  })

  test('C157: a form token fits its own session alone, and every one is different', async () => {
    const [mine, theirs] = [await check(await signIn()), await check(await signIn('grace@acme.example'))]
    const token = formTokenOf(mine.formKey)
    expect(formTokenOf(mine.formKey)).not.toBe(token)
    expect(fitsFormToken(mine.formKey, token)).toBe(true)
    expect(fitsFormToken(theirs.formKey, token)).toBe(false)
    for (const wrong of ['', 'x', token.slice(0, -2), `${token}aa`, formTokenOf(theirs.formKey)])
      expect(fitsFormToken(mine.formKey, wrong)).toBe(false)
  })

  test('C157: a pre-session goes on from page to page for a working day, at its own tenant', async () => {
    const { acme: tenantId, globex } = world
    const first = openPreSession(world, { tenantId, previous: undefined })
    const token = formTokenOf(first.formKey)
    await world.testClock.advance(25_000)
    const second = openPreSession(world, { tenantId, previous: first.token })
    await world.testClock.advance(25_000)
    const key = readPreSession(world, { tenantId, token: second.token })
    expect(key && fitsFormToken(key, token)).toBe(true)
    expect(readPreSession(world, { tenantId, token: first.token })).toBeUndefined()
    expect(readPreSession(world, { tenantId: globex, token: second.token })).toBeUndefined()
    const stranger = openPreSession(world, { tenantId: globex, previous: second.token })
    expect(fitsFormToken(stranger.formKey, token)).toBe(false)
  })
})
