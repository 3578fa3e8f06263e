import fc from 'fast-check'
import { ulidToUUID } from 'ulidx'
import { describe, expect, test } from 'vitest'
import { newId, ulidBytes, ulidFromBytes, ulidOf, withPrefix } from './index.ts'

describe('ids', () => {
  test('sort by the time they were made and carry their prefix', () => {
    const early = newId('usr', new Date(1_000))
    const late = newId('usr', new Date(2_000))
    expect(early).toMatch(/^usr_[0-9A-HJKMNP-TV-Z]{26}$/)
    expect(early < late).toBe(true)
    expect(newId('usr', new Date(1_000))).not.toBe(early)
  })

  test('share a ULID between two nouns', () => {
    expect(withPrefix('rft', 'grt_01ARZ3NDEKTSV4RRFFQ69G5FAV')).toBe('rft_01ARZ3NDEKTSV4RRFFQ69G5FAV')
  })

  test('turn into 16 bytes and back, as the ULID library has them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const ulid = ulidFromBytes(Buffer.from(bytes))
        expect(ulidBytes(ulid)).toEqual(Buffer.from(bytes))
        expect(ulidToUUID(ulid).replaceAll('-', '').toLowerCase()).toBe(Buffer.from(bytes).toString('hex'))
      }),
    )
    const made = ulidOf(newId('ses', new Date()))
    expect(ulidFromBytes(ulidBytes(made))).toBe(made)
  })
})
