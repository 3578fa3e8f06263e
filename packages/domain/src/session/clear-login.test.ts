import { inOneFlight } from '@iam/domain/db'
import { heldFactorsOf } from '@iam/domain/factor'
import { newId, Refusal } from '@iam/domain/kit'
import { trustEndOf } from '@iam/domain/user'
import { addPerson, auditOf, openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { authenticateWithPassword } from './authenticate-with-password.ts'
import { clearLogin, type Cleared } from './clear-login.ts'
import { logInBrowserWithPassword, logInWithPassword } from './log-in-with-password.ts'
import { logOutEverywhere } from './log-out-everywhere.ts'
import { openBrowserSession } from './open-browser-session.ts'
import { openSession } from './open-session.ts'
import { overtaken } from './require-standing.ts'
import { trustBrowser } from './trusted-device.ts'

describe('the gate before every session', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  let people = 0
  const somebody = async ({ factor }: { factor: 'totp' | 'none' }) => {
    people += 1
    const person = await addPerson(world, { tenantId: world.acme, email: `person${people}@acme.example` })
    if (factor === 'totp') await holdFactor(person.userId)
    return { ...person, password: world.demo.password, origin: world.origin }
  }
  const holdFactor = (userId: string) =>
    world.admin
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
  const setPolicy = (policy: object) =>
    world.admin
      .updateTable('iam.tenant')
      .set({ policy: JSON.stringify(policy) })
      .where('tenant_id', '=', world.acme)
      .execute()
  const refusalOf = async (work: Promise<unknown>): Promise<Refusal> => {
    const error: unknown = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (!(error instanceof Refusal)) throw new Error('nothing was refused')
    return error
  }
  const sessionsOf = (userId: string) =>
    world.admin.selectFrom('iam.session').select('id').where('user_id', '=', userId).execute()

  test('lets in who has no factor where none is required', async () => {
    const person = await somebody({ factor: 'none' })
    expect((await logInWithPassword(world, person)).session.id).toMatch(/^ses_/)
  })

  test('C189: answers a right password with a challenge, opens nothing, and records that it asked', async () => {
    const person = await somebody({ factor: 'totp' })
    const refusal = await refusalOf(logInWithPassword(world, person))
    expect(refusal).toMatchObject({
      code: 'mfa_required',
      challenge: { id: expect.stringMatching(/^mlc_/) as string, factors: ['totp'] },
    })
    expect(await sessionsOf(person.userId)).toEqual([])
    const audit = await auditOf(world, person.userId)
    expect(audit).toEqual(['user.registered', 'user.second_factor_asked: second_factor'])
    const browser = logInBrowserWithPassword(world, {
      ...person,
      previous: undefined,
      binding: Buffer.alloc(32),
    })
    expect((await refusalOf(browser)).code).toBe('mfa_required')
    expect(await sessionsOf(person.userId)).toEqual([])
  })

  test.each([
    [{ mfa: 'required' }, { code: 'mfa_required', challenge: { factors: ['email'] } }],
    [
      { mfa: 'required', riskChallengeAt: 100 },
      { code: 'mfa_enrolment_required', challenge: { factors: [] } },
    ],
  ])('C191: lets nobody in without a factor where the tenant has %j', async (policy, asked) => {
    const person = await somebody({ factor: 'none' })
    await setPolicy(policy)
    const refusal = await refusalOf(logInWithPassword(world, person))
    await setPolicy({})
    expect(refusal).toMatchObject(asked)
    expect(await sessionsOf(person.userId)).toEqual([])
  })

  test('says nothing of factors to who does not know the password', async () => {
    const person = await somebody({ factor: 'totp' })
    const wrong = logInWithPassword(world, { ...person, password: 'wrong' })
    expect((await refusalOf(wrong)).code).toBe('invalid_credentials')
  })

  test('keeps what the person calls their device sealed until the second step', async () => {
    const person = await somebody({ factor: 'totp' })
    await refusalOf(logInWithPassword(world, { ...person, device: 'the canary phone' }))
    const { facts } = await world.admin
      .selectFrom('iam.challenge')
      .select('facts')
      .where('user_id', '=', person.userId)
      .executeTakeFirstOrThrow()
    expect(JSON.stringify(facts)).not.toContain('canary')
    expect(facts).toMatchObject({ amr: ['pwd'], device: expect.any(String) as string })
  })

  test('C193: opens nothing by trust that was ended before the session is stored', async () => {
    const { origin, acme: tenantId } = world
    const person = await somebody({ factor: 'totp' })
    const { userId } = person
    const login = await authenticateWithPassword(world, person)
    const [held, [ended]] = await inOneFlight(world.db, { tenantId }, [
      heldFactorsOf({ tenantId, userId }),
      trustEndOf({ tenantId, userId }),
    ])
    const trustEndedAt = ended?.trustEndedAt ?? null
    const trusting = { tenantId, userId, held, trustEndedAt, passwordOf: login.passwordOf, origin }
    const trusted = trustBrowser(world, trusting, undefined)
    const open = async () =>
      openSession(world, {
        cleared: await clearLogin(world, { login, trusted, origin }),
        device: undefined,
        origin,
      })
    await open()
    const cleared = await clearLogin(world, { login, trusted, origin })
    await logOutEverywhere(world, { tenantId, userId, origin })
    const late = openSession(world, { cleared, device: undefined, origin })
    await expect(late).rejects.toMatchObject({ code: overtaken })
    expect((await refusalOf(open())).code).toBe('mfa_required')
  })

  test('C190: opens nothing that it did not let in itself, whatever it looks like', async () => {
    const { origin } = world
    const person = await somebody({ factor: 'none' })
    const cleared = await clearLogin(world, { login: await authenticateWithPassword(world, person), origin })
    const forged = { login: cleared.login } as unknown as Cleared
    await expect(openSession(world, { cleared: forged, device: undefined, origin })).rejects.toThrow(
      'not cleared',
    )
    await expect(openBrowserSession(world, { cleared: forged, previous: undefined, origin })).rejects.toThrow(
      'not cleared',
    )
    expect(await sessionsOf(person.userId)).toEqual([])
  })
})
