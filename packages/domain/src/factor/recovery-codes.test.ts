import { expect, test } from 'vitest'
import { newRecoveryCodes, recoveryCodeHash } from './recovery-codes.ts'

const person = { tenantId: 'ten_A', userId: 'usr_A' }

test('C188: there are ten recovery codes of 75 bits, no two alike', () => {
  const codes = Array.from({ length: 100 }, newRecoveryCodes).flat()
  expect(newRecoveryCodes()).toHaveLength(10)
  expect(codes.every((code) => /^([0-9A-HJKMNP-TV-Z]{5}-){2}[0-9A-HJKMNP-TV-Z]{5}$/.test(code))).toBe(true)
  expect(new Set(codes).size).toBe(1000)
  const letters = new Set(codes.join(''))
  expect(letters.size).toBe(33)
})

test.each([
  '01abc-defgh-jkmnp',
  ' 01ABC DEFGH JKMNP ',
  'OiABC–DEFGH–JKMNP',
  'olabcdefghjkmnp',
  '０1ABC-DEFGH-JKMNP',
])('C188: %j is the same code as its usual spelling', (typed) => {
  expect(recoveryCodeHash(person, typed)).toEqual(recoveryCodeHash(person, '01ABC-DEFGH-JKMNP'))
})

test('C188: the same code of somebody else, and another one, has another hash', () => {
  const hash = recoveryCodeHash(person, '01ABC-DEFGH-JKMNP')
  expect(recoveryCodeHash(person, '01ABC-DEFGH-JKMNQ')).not.toEqual(hash)
  expect(recoveryCodeHash({ ...person, userId: 'usr_B' }, '01ABC-DEFGH-JKMNP')).not.toEqual(hash)
  expect(recoveryCodeHash({ ...person, tenantId: 'ten_B' }, '01ABC-DEFGH-JKMNP')).not.toEqual(hash)
})
