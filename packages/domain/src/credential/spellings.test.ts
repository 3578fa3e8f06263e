import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bare, isPattern, spellings } from './spellings.ts'

describe('spellings', () => {
  test.each([
    ['Password', 'password'],
    ['PASS-word 2026!', 'password'],
    ['ｐａｓｓｗｏｒｄ', 'password'],
    ['passwordpassword', 'password'],
    ['PasswordPasswordPass', 'password'],
    ['password1234567890', 'password'],
    ['password99999999', 'password'],
    ['monkey12monkey12', 'monkey'],
    ['Grand Hôtel 1', 'grandhôtel'],
  ])('reduces %j to %j', (password, form) => {
    expect(spellings(password)).toContain(form)
  })

  test.each([['password83640912'], ['mypassword'], ['password-of-ada']])(
    'leaves %j more than a word',
    (password) => {
      expect(spellings(password)).not.toContain('password')
    },
  )

  test('has the whole password among its spellings, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (password) => {
        expect(spellings(password)[0]).toBe(password.normalize('NFKC').toUpperCase().toLowerCase())
      }),
    )
  })

  test('finds the part that a text repeats, as trying every length does', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(part, fc.nat(20), (unit, more) => {
        const text = unit.repeat(5).slice(0, unit.length * 2 + (more % (unit.length * 3)))
        const lengths = Array.from({ length: Math.floor(text.length / 2) }, (_, n) => n + 1)
        const least = lengths.find((length) => text.slice(length) === text.slice(0, text.length - length))
        expect(spellings(text)).toContain(text.slice(0, least))
      }),
    )
  })

  test('compares words without case, accents of compatibility, spaces and punctuation', () => {
    expect(bare('The Grand-Hotel & Spa™')).toBe('thegrandhotelspatm')
    expect(bare('Σίσυφος')).toBe(bare('ΣΊΣΥΦΟΣ'))
  })
})

describe('isPattern', () => {
  test.each([
    ['aaaaaaaaaaaaaaa'],
    ['121212121212121'],
    ['abcabcabcabcabcab'],
    ['123456789012345'],
    ['fedcba'],
    ['987654321098'],
    ['🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂'],
    ['               '],
  ])('says so of %j', (password) => expect(isPattern(password)).toBe(true))

  test.each([['correct horse battery staple'], ['abcdabcdabcdabcd'], ['135791113151719'], ['acegikmoqsuwy']])(
    'does not of %j',
    (password) => expect(isPattern(password)).toBe(false),
  )
})
