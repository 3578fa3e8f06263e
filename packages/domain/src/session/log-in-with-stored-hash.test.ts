import { createSecretKey, randomBytes } from 'node:crypto'
import { countedHashers, openWorld, type World } from '@iam/testkit/world'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { hashPassword, readImportedHash, type Passwords, type StoredPassword } from '../credential/index.ts'
import type { Id } from '../kit/index.ts'
import { insertSecretKey, type SecretRings, type VersionedKey } from '../secret-key/index.ts'
import { createUser } from '../user/index.ts'
import { logInWithPassword } from './index.ts'

// bcrypt, cost 4, of 72 times "a" and of "the rest"; PBKDF2 and scrypt of Python's hashlib.
const bcryptOfLong = '$2y$04$KBCwKxOzLha2MUDgW0PjXeGsVs.sqS00XPrwbGRaMzHFG3UAzw0Ci'
const pbkdf2 = 'pbkdf2_sha256$20000$seasalt2seasalt2$ztLWn9AZcHddOdnUq3yf4Y/XTdfmBOXQ+czr7Asc5XY='
const scrypt =
  'scrypt$16384$seasaltseasalt$8$5$nhga/E1Jr9dLSgkv9WVqdbg0lXiZbRBVktsenoH5qsLFBMhfGZRVOAhGHBwyv2SnCjIjtaS2PSzoKT3N5/ZaEg=='

const password = 'a long enough password'

describe('logging in with what is stored', () => {
  let world: World
  let count = 0
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  beforeEach(() => {
    world.passwordReports.length = 0
  })
  afterAll(() => world.close())

  interface Person {
    readonly email: string
    readonly id: Id<'usr'>
  }

  async function personWith(stored: StoredPassword | undefined): Promise<Person> {
    if (stored === undefined) throw new Error('The hash cannot be read.')
    const email = `person${(count += 1)}@acme.example`
    const id = await createUser(world, { tenantId: world.acme, email, password: stored })
    if (id === undefined) throw new Error(`${email} is taken.`)
    return { email, id }
  }

  function attempt({ email }: { email: string }, typed = password, passwords: Partial<Passwords> = {}) {
    const deps = { ...world, passwords: { ...world.passwords, ...passwords } }
    return logInWithPassword(deps, { tenantId: world.acme, email, password: typed, origin: world.origin })
  }

  async function storedOf({ id }: Person) {
    return world.admin
      .selectFrom('iam.credential')
      .select(['hash', 'pepper_version', 'changed_at'])
      .where('user_id', '=', id)
      .executeTakeFirstOrThrow()
  }

  const own = () => hashPassword(world, { tenantId: world.acme, password })

  test.each([
    ['PBKDF2', pbkdf2, 'lètmein'],
    ['PBKDF2, typed in another form', pbkdf2, 'lètmein'.normalize('NFD')],
    ['scrypt', scrypt, 'lètmein'],
    ['bcrypt', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
    [
      'argon2id of another system',
      '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
      'password',
    ],
  ])('C171: an imported hash logs in and is replaced by one of ours: %s', async (_what, given, typed) => {
    const person = await personWith(readImportedHash(given))
    const before = await storedOf(person)
    await expect(attempt(person, `${typed}x`)).rejects.toMatchObject({ code: 'invalid_credentials' })
    expect((await attempt(person, typed)).user.id).toBe(person.id)
    await world.passwordReport('rehashed')
    const after = await storedOf(person)
    expect(world.hasher.isCurrent(after.hash)).toBe(true)
    expect(after).toMatchObject({ pepper_version: 1, changed_at: before.changed_at })
    await attempt(person, typed.normalize('NFC'))
    await expect(attempt(person, `${typed}x`)).rejects.toMatchObject({ code: 'invalid_credentials' })
    expect(world.passwordReports).toEqual([{ what: 'rehashed', tenantId: world.acme }])
  })

  test('C171: an imported bcrypt hash takes 72 bytes, as it always did, and the hash that replaces it takes all', async () => {
    const long = 'a'.repeat(72)
    const person = await personWith(readImportedHash(bcryptOfLong))
    await expect(attempt(person, 'a'.repeat(71))).rejects.toMatchObject({ code: 'invalid_credentials' })
    await attempt(person, `${long}the rest`)
    await world.passwordReport('rehashed')
    await attempt(person, `${long}the rest`)
    await expect(attempt(person, `${long}another rest`)).rejects.toMatchObject({
      code: 'invalid_credentials',
    })
    await expect(attempt(person, long)).rejects.toMatchObject({ code: 'invalid_credentials' })
  })

  test('C174: a hash with other parameters is replaced after a login, and by nothing else', async () => {
    const { hasher } = countedHashers({ memoryKib: 128, iterations: 2, lanes: 1 })
    const old = await hashPassword(
      { ...world, passwords: { ...world.passwords, hasher } },
      { tenantId: world.acme, password },
    )
    const person = await personWith(old)
    await expect(attempt(person, 'wrong')).rejects.toMatchObject({ code: 'invalid_credentials' })
    expect((await storedOf(person)).hash).toBe(old.hash)
    await attempt(person)
    await world.passwordReport('rehashed')
    expect(world.hasher.isCurrent((await storedOf(person)).hash)).toBe(true)
  })

  test('a hash that is up to date is left alone: one hash for a login', async () => {
    const person = await personWith(await own())
    const { hash } = await storedOf(person)
    const hashes = world.hasher.count.hashes
    await attempt(person)
    expect(world.hasher.count.hashes - hashes).toBe(1)
    expect((await storedOf(person)).hash).toBe(hash)
  })

  /** A version that is stored, as every one is that a hash names, whoever can open it. */
  async function storePepper(version: number): Promise<void> {
    const [wrapped, at] = [randomBytes(60), world.clock()]
    await insertSecretKey(world.admin, { purpose: 'pepper', version, wrapped, activateAt: at }, at)
  }

  /** Runs with more peppers than the template has. */
  async function withPeppers(versions: readonly VersionedKey[], work: () => Promise<void>): Promise<void> {
    const secrets: SecretRings = world.secrets
    const before = secrets.of('pepper').all()
    secrets.replace('pepper', versions)
    try {
      await work()
    } finally {
      secrets.replace('pepper', before)
    }
  }

  const newPepper = (version: number): VersionedKey => ({
    version,
    key: createSecretKey(randomBytes(32)),
    activateAt: new Date(0),
  })

  test('C174: after the pepper moved, the old one still verifies, and the hash moves to the new one', async () => {
    const person = await personWith(await own())
    const first = world.secrets.of('pepper').all()
    const second = newPepper(2)
    await storePepper(2)
    await withPeppers([...first, second], async () => {
      await attempt(person)
      await world.passwordReport('rehashed')
      expect((await storedOf(person)).pepper_version).toBe(2)
      await attempt(person)
    })
    // An instance that has not loaded the new pepper yet: refused, and nothing is written with the old one.
    await expect(attempt(person)).rejects.toMatchObject({ code: 'invalid_credentials' })
    expect((await storedOf(person)).pepper_version).toBe(2)
    // Nor by one that holds the new pepper but does not use it yet.
    const pending = { ...second, activateAt: new Date(Date.now() + 3_600_000) }
    await withPeppers([...first, pending], async () => {
      await attempt(person)
      expect((await storedOf(person)).pepper_version).toBe(2)
    })
    expect(world.passwordReports.map(({ what }) => what)).toEqual(['rehashed', 'pepper_unknown'])
  })

  /** What a refused login costs and says. */
  async function workOf(person: { email: string }, typed: string) {
    const before = {
      hashes: world.hasher.count.hashes,
      waits: world.waits.count,
      nudges: world.commits.count,
    }
    const sent = world.waits.sent.length
    const code = await attempt(person, typed).then(
      () => 'let in',
      (error: { code?: string }) => error.code,
    )
    return {
      code,
      hashes: world.hasher.count.hashes - before.hashes,
      waits: world.waits.count - before.waits,
      statements: world.waits.sent.slice(sent).map(({ sql }) => sql),
      nudges: world.commits.count - before.nudges,
    }
  }

  test('C165, C174: an unknown address, a wrong password, an imported hash, and a pepper that is lost cost the same', async () => {
    const stored = await own()
    const wrong = await personWith(stored)
    await storePepper(99)
    const lost = await personWith({ ...stored, pepperVersion: 99 })
    const imported = await personWith(readImportedHash(pbkdf2))
    await attempt({ email: 'warm-up@acme.example' }).catch(() => undefined)
    const unknown = await workOf({ email: 'nobody@acme.example' }, 'wrong')
    expect(unknown).toMatchObject({ code: 'invalid_credentials', hashes: 1 })
    expect(await workOf(wrong, 'wrong')).toEqual(unknown)
    expect(await workOf(imported, 'wrong')).toEqual(unknown)
    expect(await workOf(lost, password)).toEqual(unknown)
    expect(world.passwordReports.map(({ what }) => what)).toEqual(['pepper_unknown'])
  })

  test('C165: unknown addresses are checked against the kinds of hashes that the tenant has', async () => {
    const kinds = new Set<string>()
    const foreign = {
      verify: async (hash: { scheme: string }) => {
        kinds.add(hash.scheme)
        return false
      },
    }
    const imported = Array.from({ length: 30 }, () => personWith(readImportedHash(pbkdf2)))
    await Promise.all(imported)
    for (let n = 0; n < 40 && kinds.size === 0; n += 1) {
      await attempt({ email: `nobody${n}@acme.example` }, 'wrong', { foreign }).catch(() => undefined)
    }
    expect(kinds).not.toEqual(new Set())
  })

  test('the mix follows what is stored', async () => {
    const counted = await world.admin
      .selectFrom('iam.credential_mix')
      .select(['tenant_id', 'parameters', 'credentials'])
      .where('credentials', '<>', '0')
      .orderBy('tenant_id')
      .orderBy('parameters')
      .execute()
    const real = await world.admin
      .selectFrom('iam.credential')
      .select((eb) => ['tenant_id', 'parameters', eb.fn.countAll<string>().as('credentials')] as const)
      .groupBy(['tenant_id', 'parameters'])
      .orderBy('tenant_id')
      .orderBy('parameters')
      .execute()
    expect(counted).toEqual(real)
    expect(real.map(({ parameters }) => parameters)).toContain('$pbkdf2-sha256$i=20000,l=32')
  })

  test('a rehash that fails fails no login', async () => {
    const person = await personWith(readImportedHash(pbkdf2))
    const error = new Error('out of memory')
    const hasher = { ...world.hasher, hash: async () => Promise.reject(error) }
    const issued = await attempt(person, 'lètmein', { hasher })
    expect(issued.user.id).toBe(person.id)
    await world.passwordReport('rehash_failed')
    expect(world.passwordReports).toEqual([{ what: 'rehash_failed', tenantId: world.acme, error }])
    expect((await storedOf(person)).pepper_version).toBeNull()
  })

  test('a password that is changed while it is hashed anew stays changed', async () => {
    const person = await personWith(readImportedHash(pbkdf2))
    const changed = await own()
    const hasher = {
      ...world.hasher,
      hash: async (...given: Parameters<typeof world.hasher.hash>) => {
        await world.admin
          .updateTable('iam.credential')
          .set({ hash: changed.hash, pepper_version: changed.pepperVersion })
          .where('user_id', '=', person.id)
          .execute()
        return world.hasher.hash(...given)
      },
    }
    await attempt(person, 'lètmein', { hasher })
    await world.passwordReport('rehash_outrun')
    expect((await storedOf(person)).hash).toBe(changed.hash)
  })
})
