import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasDuplicateNames } from './duplicate-names.ts'

describe('C237: hasDuplicateNames', () => {
  test.each([
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"a" : 1 , "\\u0061"\n:2}',
    '{"\\"":1,"\\u0022":2}',
    '{"":1,"":2}',
    '[{"a":1},{"b":{"c":1,"c":2}}]',
    '{"a":{"b":[{},"x"]},"b":1,"a":[]}',
    '{"__proto__":1,"__proto__":2}',
  ])('finds one in %s', (json) => {
    expect(hasDuplicateNames(json)).toBe(true)
  })

  test.each([
    '{"a":"a","b":"a"}',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a":"\\",\\"a\\":1"}',
    '{"a":"{","b":"}","c":["a","a"]}',
    '{"a":1,"A":1,"a ":1}',
    '{"\\\\":1,"\\\\\\\\":2}',
    '"a"',
    '[]',
    'null',
  ])('finds none in %s', (json) => {
    expect(hasDuplicateNames(json)).toBe(false)
  })

  test('finds none in anything that was written from a value, however it is spaced', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, '\t'), (value, space) => {
        expect(hasDuplicateNames(JSON.stringify(value, undefined, space))).toBe(false)
      }),
    )
  })

  test('finds the member that was put twice into any object', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
        fc.jsonValue(),
        (object, again) => {
          const [name = ''] = Object.keys(object)
          const json = `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(again)}}`
          expect(hasDuplicateNames(json)).toBe(true)
        },
      ),
    )
  })

  test.each([
    ['objects in objects', '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
    ['spaces after a value', `["a"${' '.repeat(64_000)}]`],
    ['quotes', JSON.stringify('"'.repeat(32_000))],
    ['backslashes', JSON.stringify('\\'.repeat(32_000))],
    ['names', JSON.stringify(Object.fromEntries(Array.from({ length: 6_000 }, (_, n) => [`n${n}`, 1])))],
  ])('takes no longer than its length for 64 KiB of %s', (_what, json) => {
    // Of the processor, which a busy machine gives to others: a few milliseconds, or seconds if it went by the square.
    const before = process.cpuUsage()
    hasDuplicateNames(json)
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000)
  })
})
