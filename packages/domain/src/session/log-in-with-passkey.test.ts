import { SoftAuthenticator, type Lies } from '@iam/testkit/authenticator'
import {
  addPerson,
  auditOf,
  deliverMails,
  holdPasskey,
  openWorld,
  setPolicy,
  type World,
} from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { readChallenge } from '../challenge/index.ts'
import { Refusal } from '../kit/index.ts'
import { beginPasskeyLogin, passkeyOptionsFor } from '../passkey/index.ts'
import {
  logInBrowserWithPasskey,
  logInWithFactor,
  logInWithPasskey,
  logInWithPassword,
  type IssuedSession,
} from './index.ts'

describe('a login by a passkey', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  let people = 0
  async function holder(given: ConstructorParameters<typeof SoftAuthenticator>[1] = {}) {
    people += 1
    const person = await addPerson(world, { tenantId: world.acme, email: `k${people}@acme.example` })
    const authenticator = new SoftAuthenticator(new URL(world.issuer).origin, given)
    const { id } = await holdPasskey(world, person, authenticator)
    return { ...person, authenticator, factorId: id }
  }
  type Holder = Awaited<ReturnType<typeof holder>>

  const begin = (tenantId = world.acme) => beginPasskeyLogin(world, { tenantId })
  async function logIn({ authenticator, tenantId }: Holder, lies: Lies = {}): Promise<IssuedSession> {
    const { challenge, options } = await begin(tenantId)
    const assertion = authenticator.get(options, lies)
    return logInWithPasskey(world, { tenantId, challenge, assertion, origin: world.origin })
  }
  const sessionOf = ({ session }: IssuedSession) =>
    world.admin
      .selectFrom('iam.session')
      .select(['amr', 'acr', 'user_id as userId'])
      .where('id', '=', session.id)
      .executeTakeFirstOrThrow()
  const reasonFor = async ({ userId }: Holder) => (await auditOf(world, userId)).at(-1)

  test('is both factors at once, and says whether the key can be copied', async () => {
    const ada = await holder()
    const { userId } = ada
    expect(await sessionOf(await logIn(ada))).toEqual({ amr: ['hwk', 'user', 'mfa'], acr: 'aal2', userId })
    const synced = await holder({ backupEligible: true, counts: false })
    expect((await sessionOf(await logIn(synced, { backedUp: true }))).amr).toEqual(['swk', 'user', 'mfa'])
    expect(await sessionOf(await logIn(synced))).toMatchObject({ acr: 'aal2' })
  })

  test('C165: begins alike for everybody, with the same statements, naming nobody', async () => {
    const work = async (tenantId = world.acme) => {
      const before = world.waits.sent.length
      const begun = await begin(tenantId)
      const options = { ...begun.options, challenge: begun.options.challenge.length }
      const sent = world.waits.sent.slice(before).map(({ sql }) => sql)
      return { options, told: Object.keys(begun), sent }
    }
    const first = await work(world.globex)
    expect(first.options).toMatchObject({ allowCredentials: [], userVerification: 'required' })
    expect(first.sent.length).toBeGreaterThan(0)
    expect(first.sent.filter((sql) => /iam"?[.]"?(user|passkey|factor)\b/.test(sql))).toEqual([])
    // Whether a tenant has passkeys, and people, or not.
    await holder()
    expect(await work()).toEqual(first)
  })

  test('C165: refuses a passkey that nobody has, one that was removed and a wrong one for the same work', async () => {
    const [ada, eve, gone] = [await holder(), await holder(), await holder()]
    await world.admin.deleteFrom('iam.factor').where('id', '=', gone.factorId).execute()
    const work = async (of: Holder, lies: Lies) => {
      const { challenge, options } = await begin()
      const assertion = of.authenticator.get(options, lies)
      const before = world.waits.sent.length
      const refused: unknown = await logInWithPasskey(world, {
        tenantId: world.acme,
        challenge,
        assertion,
        origin: world.origin,
      }).catch((error: unknown) => error)
      const { code, detail } = refused as Refusal
      return { code, detail, sent: world.waits.sent.slice(before).map(({ sql }) => sql) }
    }
    const wrong = await work(ada, { signature: (right) => right.subarray(2) })
    expect(wrong.code).toBe('passkey_invalid')
    expect(await work(gone, {})).toEqual(wrong)
    const unknown = { id: Buffer.alloc(32, 7).toString('base64url') }
    expect(await work(eve, unknown)).toEqual(wrong)
  })

  test('C198: goes on counting, and refuses a copy', async () => {
    const ada = await holder()
    await logIn(ada)
    await expect(logIn(ada, { signCount: 2 })).rejects.toMatchObject({ code: 'passkey_invalid' })
    expect(await reasonFor(ada)).toBe('user.login_failed: passkey_invalid: cloned')
    expect(await logIn(ada)).toHaveProperty('accessToken')
  })

  test('C198: a copy is told to its person by mail, once a day for each passkey', async () => {
    const ada = await holder()
    await logIn(ada)
    await deliverMails(world)
    const told = async () =>
      (await deliverMails(world)).filter(({ letter }) => letter === 'passkey_copied').map(({ to }) => to)
    const copy = (of = ada) =>
      expect(logIn(of, { signCount: 1 })).rejects.toMatchObject({ code: 'passkey_invalid' })
    await Promise.all([copy(), copy(), copy()])
    expect(await told()).toEqual([ada.email])
    expect(await auditOf(world, ada.factorId)).toEqual(['user.mfa_enrolled: passkey', 'passkey.copied'])
    const half = 43_200
    await world.testClock.advance(half)
    await copy()
    expect(await told()).toEqual([])
    const other = { ...ada, ...(await holdPasskey(world, ada)) }
    await deliverMails(world)
    await copy(other)
    expect(await told()).toEqual([ada.email])
    await world.testClock.advance(half)
    await copy()
    await copy(other)
    expect(await told()).toEqual([ada.email])
    // A number that nobody signed is no copy.
    await world.testClock.advance(2 * half)
    const lies = { signCount: 1, signature: (right: Buffer) => right.subarray(1) }
    await expect(logIn(ada, lies)).rejects.toMatchObject({ code: 'passkey_invalid' })
    expect(await told()).toEqual([])
    await copy()
    expect(await told()).toEqual([ada.email])
  })

  test('C198: of two that say the same count at once, one is refused', async () => {
    const ada = await holder()
    const both = await Promise.allSettled([logIn(ada, { signCount: 9 }), logIn(ada, { signCount: 9 })])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(both.find((each) => each.status === 'rejected')).toMatchObject({
      reason: { code: 'passkey_invalid' },
    })
  })

  test('C196: a challenge opens one session, whoever answers it how often', async () => {
    const ada = await holder({ counts: false })
    const { challenge, options } = await begin()
    const answer = () => {
      const assertion = ada.authenticator.get(options)
      return logInWithPasskey(world, { tenantId: world.acme, challenge, assertion, origin: world.origin })
    }
    const all = await Promise.allSettled(Array.from({ length: 20 }, answer))
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const each of all)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'challenge_invalid' })
    await expect(answer()).rejects.toMatchObject({ code: 'challenge_invalid' })
  })

  test('C196: an answer to another challenge is none', async () => {
    const ada = await holder()
    const [first, second] = [await begin(), await begin()]
    const assertion = ada.authenticator.get(first.options)
    const login = { tenantId: world.acme, challenge: second.challenge, assertion, origin: world.origin }
    await expect(logInWithPasskey(world, login)).rejects.toMatchObject({ code: 'passkey_invalid' })
    expect(await reasonFor(ada)).toBe('user.login_failed: passkey_invalid: wrong_challenge')
  })

  test('C196: in a browser, only the one that asked goes on', async () => {
    const ada = await holder({ counts: false })
    const binding = Buffer.from('this browser')
    const { challenge, options } = await beginPasskeyLogin(world, { tenantId: world.acme, binding })
    const assertion = ada.authenticator.get(options)
    const login = { tenantId: world.acme, challenge, assertion, previous: undefined, origin: world.origin }
    const invalid = { code: 'challenge_invalid' }
    await expect(logInWithPasskey(world, login)).rejects.toMatchObject(invalid)
    const other = { ...login, binding: Buffer.from('another one') }
    await expect(logInBrowserWithPasskey(world, other)).rejects.toMatchObject(invalid)
    expect(await logInBrowserWithPasskey(world, { ...login, binding })).toMatchObject({
      user: { id: ada.userId },
    })
  })

  test.each<[string, Lies, string]>([
    ['without verifying its person', { userVerified: false }, 'user_not_verified'],
    ['without anybody there', { userPresent: false }, 'user_not_present'],
    ['from another origin', { origin: 'https://evil.example' }, 'wrong_origin'],
    ['naming nobody', { userHandle: null }, 'wrong_user_handle'],
    ['with a wrong signature', { signature: (right) => right.subarray(2) }, 'wrong_signature'],
  ])(
    'C195-C199: %s is refused in the same words, whatever the tenant prefers',
    async (_what, lies, fault) => {
      await setPolicy(world, { userVerification: 'preferred' })
      const ada = await holder()
      await expect(logIn(ada, lies)).rejects.toMatchObject({ code: 'passkey_invalid', detail: undefined })
      expect(await reasonFor(ada)).toBe(`user.login_failed: passkey_invalid: ${fault}`)
      await setPolicy(world, {})
    },
  )

  test('C199: by a passkey that nobody has, of another tenant, or taken away, is refused in the same words', async () => {
    const ada = await holder()
    const invalid = { code: 'passkey_invalid', detail: undefined }
    await expect(logIn({ ...ada, tenantId: world.globex })).rejects.toMatchObject(invalid)
    await world.admin
      .updateTable('iam.factor')
      .set({ disabled_at: world.clock() })
      .where('id', '=', ada.factorId)
      .execute()
    await expect(logIn(ada)).rejects.toMatchObject(invalid)
    await world.admin.deleteFrom('iam.factor').where('id', '=', ada.factorId).execute()
    await expect(logIn(ada)).rejects.toMatchObject(invalid)
  })

  test('C199: with the handle of somebody else is refused', async () => {
    const [ada, eve] = [await holder(), await holder()]
    const userHandle = eve.authenticator.held[0]?.userHandle ?? ''
    await expect(logIn(ada, { userHandle })).rejects.toMatchObject({ code: 'passkey_invalid' })
    expect(await reasonFor(ada)).toBe('user.login_failed: passkey_invalid: wrong_user_handle')
  })

  test('tells a suspended person so only by the right passkey', async () => {
    const ada = await holder()
    await world.admin
      .updateTable('iam.user')
      .set({ status: 'suspended' })
      .where('id', '=', ada.userId)
      .execute()
    await expect(logIn(ada)).rejects.toMatchObject({ code: 'user_suspended' })
    await expect(logIn(ada, { userVerified: false })).rejects.toMatchObject({ code: 'passkey_invalid' })
  })

  test('C195: opens nothing once the tenant’s host is another', async () => {
    const ada = await holder()
    await setPolicy(world, { rpId: 'login.acme.example' })
    const { challenge, options } = await begin()
    expect(options.rpId).toBe('login.acme.example')
    const old = { challenge: options.challenge, rpId: new URL(world.issuer).hostname }
    for (const lies of [{}, { rpId: 'login.acme.example' }]) {
      const assertion = ada.authenticator.get(old, lies)
      const login = { tenantId: world.acme, challenge, assertion, origin: world.origin }
      await expect(logInWithPasskey(world, login)).rejects.toMatchObject({ code: 'passkey_invalid' })
    }
    await setPolicy(world, {})
  })

  describe('as a second step', () => {
    async function challenged({ tenantId, email }: Holder): Promise<string> {
      const { password } = world.demo
      const refused: unknown = await logInWithPassword(world, {
        tenantId,
        email,
        password,
        origin: world.origin,
      }).catch((error: unknown) => error)
      if (!(refused instanceof Refusal)) throw new Error('Nobody was asked for a second factor.')
      expect(refused).toMatchObject({ code: 'mfa_required', challenge: { factors: ['passkey', 'recovery'] } })
      return refused.challenge?.id ?? ''
    }
    async function answer(ada: Holder, lies: Lies = {}, by: Holder = ada) {
      const { tenantId } = ada
      const token = await challenged(ada)
      const challenge = await readChallenge(world, { tenantId, token, kinds: ['second_factor'] })
      const options = await passkeyOptionsFor(world, challenge)
      expect(options.allowCredentials.map(({ id }) => id)).toEqual([
        ada.authenticator.held[0]?.id.toString('base64url'),
      ])
      const passkey = by.authenticator.get({ ...options, allowCredentials: [] }, lies)
      return logInWithFactor(world, { tenantId, challenge: token, answer: { passkey }, origin: world.origin })
    }

    test('opens the session that the password began, at aal2', async () => {
      const ada = await holder()
      expect(await sessionOf(await answer(ada))).toMatchObject({ amr: ['pwd', 'hwk', 'mfa'], acr: 'aal2' })
      expect(await sessionOf(await answer(ada, { userHandle: null }))).toMatchObject({ acr: 'aal2' })
    })

    test('C197: need not verify its person where the tenant only prefers it', async () => {
      const ada = await holder()
      const wrong = { code: 'factor_invalid' }
      await expect(answer(ada, { userVerified: false })).rejects.toMatchObject(wrong)
      expect(await reasonFor(ada)).toBe('user.login_failed: factor: user_not_verified')
      await setPolicy(world, { userVerification: 'preferred' })
      expect(await sessionOf(await answer(ada, { userVerified: false }))).toMatchObject({ acr: 'aal2' })
      await setPolicy(world, {})
    })

    test('C199: is taken from the person’s own passkeys alone', async () => {
      const [ada, eve] = [await holder(), await holder()]
      await expect(answer(ada, {}, eve)).rejects.toMatchObject({ code: 'factor_invalid' })
      expect(await reasonFor(ada)).toBe('user.login_failed: factor: wrong_user')
    })

    test('C198: refuses a copy, and a stranger’s wrong answers switch no passkey off', async () => {
      const ada = await holder()
      await answer(ada)
      await deliverMails(world)
      await expect(answer(ada, { signCount: 1 })).rejects.toMatchObject({ code: 'factor_invalid' })
      expect((await deliverMails(world)).map(({ letter, to }) => [letter, to])).toEqual([
        ['passkey_copied', ada.email],
      ])
      const { failures } = await world.admin
        .selectFrom('iam.factor')
        .select('failures')
        .where('id', '=', ada.factorId)
        .executeTakeFirstOrThrow()
      expect(failures).toBe(0)
    })

    test('C196: an answer to the challenge of a login without a password opens nothing here, nor this one there', async () => {
      const ada = await holder()
      const token = await challenged(ada)
      const { challenge, options } = await begin()
      const passkey = ada.authenticator.get(options)
      const common = { tenantId: ada.tenantId, origin: world.origin }
      const invalid = { code: 'challenge_invalid' }
      await expect(
        logInWithFactor(world, { ...common, challenge, answer: { passkey } }),
      ).rejects.toMatchObject(invalid)
      await expect(
        logInWithPasskey(world, { ...common, challenge: token, assertion: passkey }),
      ).rejects.toMatchObject(invalid)
      await expect(
        logInWithFactor(world, { ...common, challenge: token, answer: { passkey } }),
      ).rejects.toMatchObject({ code: 'factor_invalid' })
    })
  })
})
