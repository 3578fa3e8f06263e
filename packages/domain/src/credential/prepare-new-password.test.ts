import { openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { inTenant, streamKey } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { defaultTenantPolicy, readTenantPolicy, type TenantPolicy } from '../tenant/index.ts'
import { createUser } from '../user/index.ts'
import {
  checkPassword,
  hashPassword,
  prepareNewPassword,
  storePassword,
  type BreachedPasswords,
  type PasswordDeps,
  type StoredPassword,
} from './index.ts'
import { credentialOf } from './queries.ts'

const long = 'kettle dawn orbit fern'

describe('a new password', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  interface Attempt {
    readonly policy?: Partial<TenantPolicy>
    readonly email?: string
    readonly userId?: Id<'usr'>
    readonly breached?: BreachedPasswords
  }

  function depsWith(breached: BreachedPasswords | undefined): PasswordDeps {
    return { ...world, passwords: { ...world.passwords, breached } }
  }

  function prepare(password: string, { policy = {}, breached, email, ...rest }: Attempt = {}) {
    return prepareNewPassword(depsWith(breached), {
      tenantId: world.acme,
      email: email ?? 'grace.hopper@navy.example',
      password,
      policy: readTenantPolicy(policy),
      ...rest,
    })
  }

  async function expectRefused(password: string, reason: string, attempt: Attempt = {}) {
    await expect(prepare(password, attempt), password).rejects.toMatchObject({
      code: 'password_unacceptable',
      reason,
    })
  }

  test('needs fifteen code points, after composition, unless the tenant says otherwise, and never fewer than eight', async () => {
    expect(defaultTenantPolicy.passwordMinLength).toBe(15)
    await expectRefused('kettle dawn or', 'too_short')
    await expectRefused('kettle dawn oé'.normalize('NFD'), 'too_short')
    await prepare('kettle dawn orb')
    await prepare('🐙🦀🐡🐠🐟🐬🐳🦈🐊🐅🐆🦓🦍🦧🐘')
    await expectRefused('kettle ', 'too_short', { policy: { passwordMinLength: 1 } })
    await prepare('kettle d', { policy: { passwordMinLength: 1 } })
  })

  test('C170, C171: takes 256 code points and no more, and hashes nothing that it refuses', async () => {
    const hashes = world.hasher.count.hashes
    await expectRefused('kettle dawn'.padEnd(257, ' orbit fern'), 'too_long')
    expect(world.hasher.count.hashes).toBe(hashes)
    await prepare('kettle dawn'.padEnd(256, ' orbit fern'))
    await prepare(`${'é'.normalize('NFD').repeat(200)} and ${'è'.normalize('NFD').repeat(50)}`)
  })

  test('needs no classes of characters', async () => {
    for (const password of ['kettledawnorbitfern', '8364091275530186'])
      await expect(prepare(password)).resolves.toHaveProperty('hash')
  })

  test('C173: refuses what many people use, also in other case, repeated, or with digits at its end', async () => {
    for (const password of [
      '123456789987654321',
      'PASSWORDpassword',
      'Passwordpassword2026!',
      'aaaaaaaaaaaaaaaaaa',
    ])
      await expectRefused(password, 'common')
    await expectRefused('Baseball1', 'common', { policy: { passwordMinLength: 8 } })
  })

  test('C173: refuses what the person, the tenant and the service are called', async () => {
    const email = 'jean-luc.picard-of-enterprise@starfleet.example'
    for (const password of [
      email,
      'Jean-Luc.Picard-of-Enterprise',
      'jeanlucpicardofenterprise1701',
      'starfleet.example',
      'Enterprise12345678',
      'acmeacmeacmeacme',
      'acme1234567890123',
      'ID.example.test2026',
    ])
      await expectRefused(password, 'context', { email })
    await world.admin
      .updateTable('iam.tenant')
      .set({ name: 'Grand Hôtel Riyadh' })
      .where('tenant_id', '=', world.globex)
      .execute()
    const elsewhere = { ...world, acme: world.globex }
    await expect(
      prepareNewPassword(elsewhere, {
        tenantId: world.globex,
        email,
        password: 'grand-HÔTEL-riyadh-26',
        policy: defaultTenantPolicy,
      }),
    ).rejects.toMatchObject({ reason: 'context' })
    await prepare('grand-HÔTEL-riyadh-26', { email })
  })

  test('C173: refuses a breached one with advice, and asks about none that is refused without asking', async () => {
    const asked: string[] = []
    const breached = {
      includes: async (password: string) => {
        asked.push(password)
        return password.startsWith('kettle')
      },
    }
    await expect(prepare(long, { breached })).rejects.toMatchObject({
      reason: 'breached',
      detail: expect.stringContaining('elsewhere') as string,
    })
    await prepare('unheard of phrase é'.normalize('NFD'), { breached })
    await expectRefused('short', 'too_short', { breached })
    expect(asked).toEqual([long, 'unheard of phrase é'.normalize('NFC')])
    await prepare(long, { breached, policy: { breachCheck: 'off' } })
    expect(asked.length).toBe(2)
  })

  test('C173: does as the policy says while nobody can tell about breaches', async () => {
    const error = new Error('away')
    const breached = { includes: async () => Promise.reject(error) }
    world.passwordReports.length = 0
    await prepare(long, { breached })
    expect(world.passwordReports).toEqual([{ what: 'breach_check_failed', tenantId: world.acme, error }])
    const hashes = world.hasher.count.hashes
    await expect(prepare(long, { breached, policy: { breachCheck: 'closed' } })).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      retryAfter: 5,
    })
    expect(world.hasher.count.hashes).toBe(hashes)
  })

  async function newUser(email: string, password: string): Promise<Id<'usr'>> {
    const tenantId = world.acme
    const stored = await hashPassword(world, { tenantId, password })
    const id = await createUser(world, { tenantId, email, password: stored })
    if (id === undefined) throw new Error(`${email} is taken.`)
    return id
  }

  async function change(userId: Id<'usr'>, password: string, policy: Partial<TenantPolicy> = {}) {
    const prepared = await prepare(password, { userId, policy })
    const tenantId = world.acme
    await inTenant(world.db, { tenantId, streams: [streamKey(tenantId, userId)] }, (tx) =>
      storePassword(
        tx,
        { tenantId, userId, password: prepared, policy: readTenantPolicy(policy) },
        world.clock(),
      ),
    )
  }

  async function storedOf(userId: Id<'usr'>): Promise<StoredPassword | undefined> {
    const [, rows] = await world.db.flights.fly([
      { sql: "select set_config('app.tenant_id', $1, true)", parameters: [world.acme] },
      credentialOf(world.acme, userId),
    ])
    return rows?.[0] as StoredPassword | undefined
  }

  test('replaces the one before, which no longer fits', async () => {
    const userId = await newUser('change@acme.example', 'the very first phrase')
    await change(userId, 'the second phrase of all')
    const stored = await storedOf(userId)
    const fits = (password: string) => checkPassword(world, { tenantId: world.acme, stored, password })
    expect([await fits('the second phrase of all'), await fits('the very first phrase')]).toEqual([
      true,
      false,
    ])
  })

  test('is none of the last five, the present one included, and may be an older one', async () => {
    const phrase = (n: number) => `phrase number ${n} of a person`
    const userId = await newUser('history@acme.example', phrase(0))
    for (const n of [1, 2, 3, 4]) await change(userId, phrase(n))
    for (const n of [0, 1, 2, 3, 4]) await expectRefused(phrase(n), 'reused', { userId })
    const composed = phrase(2).replace('person', 'pérson')
    await change(userId, composed)
    await expectRefused(composed.normalize('NFD'), 'reused', { userId })
    await change(userId, phrase(0))
  })

  test('keeps no more hashes than it compares with, and compares with none where the policy says 0', async () => {
    const userId = await newUser('trim@acme.example', 'phrase one of many')
    const kept = async () =>
      (
        await world.admin
          .selectFrom('iam.credential_history')
          .select('hash')
          .where('user_id', '=', userId)
          .execute()
      ).length
    for (const n of [2, 3, 4]) await change(userId, `phrase ${n} of very many`, { passwordHistory: 3 })
    expect(await kept()).toBe(2)
    await change(userId, 'phrase 4 of very many', { passwordHistory: 0 })
    expect(await kept()).toBe(0)
  })

  test('is compared with nobody’s history without a person: one hash, whoever is registered', async () => {
    await newUser('somebody@acme.example', long)
    for (const email of ['somebody@acme.example', 'nobody@acme.example']) {
      const before = { hashes: world.hasher.count.hashes, waits: world.waits.count }
      await prepare(long, { email })
      expect(world.hasher.count.hashes - before.hashes).toBe(1)
      expect(world.waits.count - before.waits).toBe(1)
    }
  })

  test('waits for a turn for each hash, so that nobody is held up by all of them', async () => {
    const userId = await newUser('turns@acme.example', 'phrase one of turns')
    await change(userId, 'phrase two of turns')
    let turns = 0
    const admission = {
      enter: (tenantId: string) => ((turns += 1), world.passwords.admission.enter(tenantId)),
    }
    const passwords = { ...world.passwords, admission: admission as typeof world.passwords.admission }
    await prepareNewPassword(
      { ...world, passwords },
      {
        tenantId: world.acme,
        userId,
        email: 'turns@acme.example',
        password: long,
        policy: defaultTenantPolicy,
      },
    )
    expect(turns).toBe(3)
  })
})
