import { openWorld, type World } from '@iam/testkit/world'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { checkPassword, hashPassword } from './index.ts'

describe('checkPassword', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(inject('services'))
  })
  afterAll(() => world.close())

  async function fits(chosen: string, typed: string): Promise<boolean> {
    const tenantId = world.acme
    const stored = await hashPassword(world, { tenantId, password: chosen })
    return checkPassword(world, { tenantId, stored, password: typed })
  }

  const mark = fc.constantFrom('\u0301', '\u0308', '\u0323', '\u0327', '\u3099')
  const letter = fc.constantFrom('e', 'a', 'o', 'か', 'ᄀ', 'ᅡ', 'Å', 'ﬁ', '½', '①', 'ﾊ')
  const any = fc.string({ unit: 'binary', maxLength: 80 })
  const accented = fc
    .array(fc.oneof(letter, mark, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 })), {
      minLength: 1,
      maxLength: 20,
    })
    .map((parts) => parts.join(''))

  test('C169: forms that are equal under NFC log in both ways', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(accented, any), async (password) => {
        expect(await fits(password.normalize('NFC'), password.normalize('NFD'))).toBe(true)
        expect(await fits(password.normalize('NFD'), password)).toBe(true)
      }),
    )
  })

  test('C169, C171: nothing else does: compatibility forms, case, spaces and every other character count', async () => {
    const changed = fc.oneof(
      accented.map((password) => [password, password.normalize('NFKC')] as const),
      any.map((password) => [password, password.toUpperCase()] as const),
      any.map((password) => [password, password.trim()] as const),
      any.map((password) => [password, ` ${password}`] as const),
      any.map((password) => [password, `${password}\0`] as const),
      fc.tuple(any, any),
    )
    await fc.assert(
      fc.asyncProperty(changed, async ([chosen, typed]) => {
        fc.pre(chosen.normalize('NFC') !== typed.normalize('NFC'))
        expect(await fits(chosen, typed)).toBe(false)
      }),
    )
  })

  test('C171: every character of a long password counts, past the 72 bytes where bcrypt stops', async () => {
    const long = fc.string({ unit: 'grapheme', minLength: 64, maxLength: 128 })
    await fc.assert(
      fc.asyncProperty(long, fc.constantFrom('x', '🔑', '\0', ' '), async (password, tail) => {
        expect(await fits(password, password)).toBe(true)
        expect(await fits(password + tail, password)).toBe(false)
        expect(await fits(`${password}1`, `${password}2`)).toBe(false)
      }),
      { numRuns: 30 },
    )
  })

  test('C171: an unpaired surrogate, which has no UTF-8 of its own, fits nothing', async () => {
    expect(await fits('abc\ufffd', 'abc\ufffd')).toBe(true)
    expect(await fits('abc\ufffd', 'abc\ud800')).toBe(false)
  })

  test('C174: a pepper that is not loaded fails closed, at the cost of a hash, and is reported', async () => {
    const tenantId = world.acme
    const password = 'a long enough password'
    const { hash } = await hashPassword(world, { tenantId, password })
    const hashes = world.hasher.count.hashes
    world.passwordReports.length = 0
    expect(await checkPassword(world, { tenantId, stored: { hash, pepperVersion: 99 }, password })).toBe(
      false,
    )
    expect(world.hasher.count.hashes - hashes).toBe(1)
    expect(world.passwordReports).toEqual([{ what: 'pepper_unknown', tenantId, pepperVersion: 99 }])
  })

  test.each([
    ['of ours that is no PHC string', { hash: 'nonsense', pepperVersion: 1 }],
    ['that was imported and is of no kind we know', { hash: '$9$nonsense', pepperVersion: null }],
    [
      'of ours without its pepper',
      { hash: '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA', pepperVersion: null },
    ],
  ])('C174: a hash %s fails closed and is reported', async (_what, stored) => {
    const tenantId = world.acme
    world.passwordReports.length = 0
    expect(await checkPassword(world, { tenantId, stored, password: 'a long enough password' })).toBe(false)
    expect(world.passwordReports).toMatchObject([{ what: 'hash_unreadable', tenantId }])
  })
})
