import { createSecretKey, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newId } from '../kit/index.ts'
import { decodeGroups, encodeGroups } from './base62.ts'
import { claimedTenant, mintOpaqueToken, readOpaqueToken } from './index.ts'

const key = createSecretKey(randomBytes(32))
const keys = { byVersion: (version: number) => (version === 7 ? key : undefined) }

function mint(generation = 3) {
  const now = new Date()
  const input = {
    tenantId: newId('ten', now),
    objectId: newId('rft', now),
    generation,
    secret: randomBytes(32),
  }
  return { ...input, ...mintOpaqueToken({ version: 7, key }, { type: 'refresh', ...input }) }
}

describe('an opaque token', () => {
  test('reads back as it was written, in 136 characters that a scanner finds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (generation) => {
        const { token, tenantId, objectId, secret, hash } = mint(generation)
        expect(token).toMatch(/^mlr_[0-9A-Za-z]{132}$/)
        expect(readOpaqueToken(keys, 'refresh', token)).toEqual({
          tenantId,
          objectId,
          generation,
          secret,
          hash,
        })
      }),
    )
  })

  test('is refused when any one character is another', () => {
    const { token } = mint()
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === 'A' ? 'B' : 'A'
      expect(
        readOpaqueToken(keys, 'refresh', token.slice(0, at) + other + token.slice(at + 1)),
      ).toBeUndefined()
    }
  })

  test('is refused longer, shorter, foreign, and with any other tag key', () => {
    const { token } = mint()
    const strangers = { byVersion: () => createSecretKey(randomBytes(32)) }
    expect(readOpaqueToken(strangers, 'refresh', token)).toBeUndefined()
    for (const text of [
      '',
      token.slice(0, -1),
      `${token}0`,
      ` ${token.slice(1)}`,
      token.replace('mlr_', 'mlk_'),
    ]) {
      expect(readOpaqueToken(keys, 'refresh', text)).toBeUndefined()
    }
    fc.assert(
      fc.property(fc.string({ minLength: 132, maxLength: 132, unit: 'binary' }), (text) => {
        expect(readOpaqueToken(keys, 'refresh', `mlr_${text}`)).toBeUndefined()
      }),
    )
  })

  test('names its tenant to whoever cannot check its tag, and only as a token of its type', () => {
    const { token, tenantId } = mint()
    expect(claimedTenant('refresh', token)).toBe(tenantId)
    expect(claimedTenant('refresh', `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`)).toBe(tenantId)
    const otherMarks = `mlr_${'0'.repeat(132)}`
    for (const text of ['', token.slice(0, -1), token.replace('mlr_', 'mlk_'), otherMarks]) {
      expect(claimedTenant('refresh', text)).toBeUndefined()
    }
  })

  test('has one spelling: a group that spells more than four bytes is refused', () => {
    expect(decodeGroups('4gfFC3')).toEqual(Buffer.from('ffffffff', 'hex'))
    expect(decodeGroups('4gfFC4')).toBeUndefined()
    expect(decodeGroups('zzzzzz')).toBeUndefined()
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 88, maxLength: 88 }), (bytes) => {
        expect(decodeGroups(encodeGroups(Buffer.from(bytes)))).toEqual(Buffer.from(bytes))
      }),
    )
  })
})
