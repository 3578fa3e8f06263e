import { SoftAuthenticator } from '@iam/testkit/authenticator'
import {
  addPerson,
  auditOf,
  deliverMails,
  eventsOf,
  factorCallOf,
  holdPasskey,
  openWorld,
  setPolicy,
  type World,
} from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { checkFactor } from '../factor/index.ts'
import { mostPasskeys } from '../passkey/index.ts'
import { addPasskey, confirmPasskey, listFactors, removeFactor } from './index.ts'

describe('a passkey', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  let people = 0
  const person = () => addPerson(world, { tenantId: world.acme, email: `p${(people += 1)}@acme.example` })
  const here = () => new SoftAuthenticator(new URL(world.issuer).origin)
  const stored = (userId: string) =>
    world.admin.selectFrom('iam.passkey').selectAll().where('user_id', '=', userId).execute()

  test('counts once it is made, is told by mail, audited and published, and listed without secrets', async () => {
    const ada = await person()
    await deliverMails(world)
    const { id, recoveryCodes } = await holdPasskey(world, ada)
    expect(recoveryCodes).toHaveLength(10)
    expect(await listFactors(world, ada)).toMatchObject({ items: [{ id, kind: 'passkey', disabled: false }] })
    expect(await auditOf(world, id)).toEqual(['user.mfa_enrolled: passkey'])
    expect((await eventsOf(world, ada.tenantId, ada.userId)).at(-1)).toMatchObject({
      type: 'user.mfa_enrolled',
      payload: { factorId: id, kind: 'passkey' },
    })
    expect((await deliverMails(world)).map(({ letter }) => letter)).toEqual(['factor_added'])
  })

  test('knows its person by 64 random bytes: the same for all of theirs, others in another tenant', async () => {
    const ada = await person()
    const begin = async () => (await addPasskey(world, factorCallOf(world, ada))).options
    const { user, challenge } = await begin()
    expect(Buffer.from(user.id, 'base64url')).toHaveLength(64)
    expect(user.id).not.toContain(Buffer.from(ada.userId).toString('base64url'))
    const again = await begin()
    expect(again.user.id).toBe(user.id)
    expect(again.challenge).not.toBe(challenge)
    const there = await addPerson(world, { tenantId: world.globex, email: ada.email })
    const other = await addPasskey(world, factorCallOf(world, there))
    expect(other.options.user.id).not.toBe(user.id)
  })

  test('knows its person by the same bytes in all of the first that are begun at once', async () => {
    for (const ada of [await person(), await person(), await person()]) {
      const call = factorCallOf(world, ada)
      const begun = await Promise.all(Array.from({ length: 20 }, () => addPasskey(world, call)))
      expect(new Set(begun.map(({ options }) => options.user.id)).size).toBe(1)
    }
  })

  test('is not asked for twice of one authenticator', async () => {
    const ada = await person()
    const { authenticator } = await holdPasskey(world, ada)
    const { options } = await addPasskey(world, factorCallOf(world, ada))
    const id = authenticator.held[0]?.id.toString('base64url')
    expect(options.excludeCredentials).toEqual([{ type: 'public-key', id, transports: ['internal'] }])
    expect(options).toMatchObject({ attestation: 'none', rp: { id: new URL(world.issuer).hostname } })
  })

  test('is one of five: a sixth is refused, and one of ten that come at once is the fifth', async () => {
    const ada = await person()
    const call = factorCallOf(world, ada)
    const begun = await Promise.all(Array.from({ length: 10 }, () => addPasskey(world, call)))
    const made = await Promise.allSettled(
      begun.map(({ challenge, options }) =>
        confirmPasskey(world, { ...call, challenge, registration: here().create(options) }),
      ),
    )
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(mostPasskeys)
    for (const each of made)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'wrong_state' })
    expect(await stored(ada.userId)).toHaveLength(mostPasskeys)
    await expect(addPasskey(world, call)).rejects.toMatchObject({ code: 'wrong_state' })
    const { items } = await listFactors(world, ada)
    await removeFactor(world, { ...call, factorId: items[0]?.id ?? 'mfa_' })
    await holdPasskey(world, ada)
    expect(await stored(ada.userId)).toHaveLength(mostPasskeys)
  })

  test('brings recovery codes once, which count, however many are the first at the same time', async () => {
    const ada = await person()
    const call = factorCallOf(world, ada)
    const begun = await Promise.all(Array.from({ length: 4 }, () => addPasskey(world, call)))
    const confirmed = await Promise.all(
      begun.map(({ challenge, options }) =>
        confirmPasskey(world, { ...call, challenge, registration: here().create(options) }),
      ),
    )
    const told = confirmed.flatMap(({ recoveryCodes }) =>
      recoveryCodes === undefined ? [] : [recoveryCodes],
    )
    expect(told).toHaveLength(1)
    const answer = { recoveryCode: told[0]?.[0] ?? '' }
    const proved = await checkFactor(world, { ...ada, userKey: undefined, answer, origin: world.origin })
    expect(proved?.method).toBe('recovery')
  })

  test('C191: of many that come at once by a password alone, one is the first, and the others ask for it', async () => {
    const ada = await person()
    const call = factorCallOf(world, ada)
    const weak = { ...call, login: { ...call.login, amr: ['pwd'] } }
    const begun = await Promise.all(Array.from({ length: 5 }, () => addPasskey(world, weak)))
    const made = await Promise.allSettled(
      begun.map(({ challenge, options }) =>
        confirmPasskey(world, { ...weak, challenge, registration: here().create(options) }),
      ),
    )
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const each of made)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'reauthentication_required' })
    expect(await stored(ada.userId)).toHaveLength(1)
  })

  test('C200: with a name that anybody of the tenant has is refused, theirs or another’s', async () => {
    const [ada, eve] = [await person(), await person()]
    const { authenticator } = await holdPasskey(world, ada)
    const credentialId = authenticator.held[0]?.id ?? Buffer.alloc(0)
    for (const thief of [eve, ada]) {
      const call = factorCallOf(world, thief)
      const { challenge, options } = await addPasskey(world, call)
      const registration = here().create(options, { credentialId })
      const refused = confirmPasskey(world, { ...call, challenge, registration })
      await expect(refused).rejects.toMatchObject({ code: 'passkey_invalid' })
      expect((await auditOf(world, thief.userId)).at(-1)).toBe('passkey.refused: known_already')
    }
    expect(await stored(eve.userId)).toEqual([])
  })

  test('C196: a challenge is used once, by one of ten', async () => {
    const ada = await person()
    const call = factorCallOf(world, ada)
    const { challenge, options } = await addPasskey(world, call)
    const made = await Promise.allSettled(
      Array.from({ length: 10 }, () =>
        confirmPasskey(world, { ...call, challenge, registration: here().create(options) }),
      ),
    )
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const each of made)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'challenge_invalid' })
  })

  test('C196, C201: a challenge of another person, session, tenant, browser or time is none', async () => {
    const [ada, eve] = [await person(), await person()]
    const call = { ...factorCallOf(world, ada), binding: Buffer.from('mine') }
    const begin = () => addPasskey(world, call)
    const { challenge, options } = await begin()
    const registration = here().create(options)
    const confirm = (given: object) => confirmPasskey(world, { ...call, challenge, registration, ...given })
    const invalid = { code: 'challenge_invalid' }
    await expect(confirm({ userId: eve.userId })).rejects.toMatchObject(invalid)
    await expect(confirm({ sessionId: 'ses_01ARZ3NDEKTSV4RRFFQ69G5FAV' })).rejects.toMatchObject(invalid)
    await expect(confirm({ tenantId: world.globex })).rejects.toMatchObject(invalid)
    await expect(confirm({ binding: Buffer.from('hers') })).rejects.toMatchObject(invalid)
    await expect(confirm({ binding: undefined })).rejects.toMatchObject(invalid)
    const late = await begin()
    const tooLate = here().create(late.options)
    expect(await confirm({})).toHaveProperty('id')
    await world.testClock.advance(301)
    const login = { amr: ['hwk', 'user', 'mfa'], authTime: Math.floor(world.clock().getTime() / 1000) }
    await expect(
      confirmPasskey(world, { ...call, login, challenge: late.challenge, registration: tooLate }),
    ).rejects.toMatchObject(invalid)
  })

  test('C201: asks for a login of the last minutes, by two factors where there are two', async () => {
    const ada = await person()
    const call = factorCallOf(world, ada)
    const weak = { ...call, login: { ...call.login, amr: ['pwd'] } }
    const old = { ...call, login: { ...call.login, authTime: call.login.authTime - 301 } }
    const refused = { code: 'reauthentication_required' }
    await expect(addPasskey(world, old)).rejects.toMatchObject(refused)
    expect(await addPasskey(world, weak)).toHaveProperty('challenge')
    const { challenge, options } = await addPasskey(world, call)
    const registration = here().create(options)
    await expect(confirmPasskey(world, { ...old, challenge, registration })).rejects.toMatchObject(refused)
    await confirmPasskey(world, { ...call, challenge, registration })
    await expect(addPasskey(world, weak)).rejects.toMatchObject(refused)
  })

  test('goes with its factor, and nothing is left of it', async () => {
    const ada = await person()
    const { id } = await holdPasskey(world, ada)
    await removeFactor(world, { ...factorCallOf(world, ada), factorId: id })
    expect(await stored(ada.userId)).toEqual([])
  })

  test('is refused where the tenant asks nobody for a second factor, and verified as it decides', async () => {
    const ada = await person()
    const call = factorCallOf(world, ada)
    await setPolicy(world, { mfa: 'off' })
    await expect(addPasskey(world, call)).rejects.toMatchObject({ code: 'not_allowed' })
    await setPolicy(world, { userVerification: 'preferred' })
    const begun = await addPasskey(world, call)
    expect(begun.options.authenticatorSelection.userVerification).toBe('preferred')
    const registration = here().create(begun.options, { userVerified: false })
    await setPolicy(world, {})
    const confirm = () => confirmPasskey(world, { ...call, ...begun, registration })
    await expect(confirm()).rejects.toMatchObject({ code: 'passkey_invalid' })
    await setPolicy(world, { userVerification: 'preferred' })
    expect(await confirm()).toHaveProperty('id')
    await setPolicy(world, {})
  })
})
