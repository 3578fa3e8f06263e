import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { derToJose } from './der-to-jose.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

test('converts signatures whose halves are short or have a leading zero', () => {
  // Of 600 signatures a handful have a half that begins with a zero byte.
  for (let n = 0; n < 600; n += 1) {
    const data = Buffer.from(String(n))
    const jose = derToJose(sign('sha256', data, privateKey))
    const verified = verify(
      'sha256',
      data,
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      jose ?? Buffer.alloc(0),
    )
    expect(verified).toBe(true)
  }
})

test('pads a small number to its fixed width', () => {
  const jose = derToJose(Buffer.from('3006020101020102', 'hex'))
  expect(jose?.toString('hex')).toBe(`${'0'.repeat(63)}1${'0'.repeat(63)}2`)
})

test.each([
  ['nothing', ''],
  ['another type', '3106020101020102'],
  ['a wrong length', '3007020101020102'],
  ['a missing half', '3003020101'],
  ['a half that ends early', '3006020101020202'],
  ['bytes after the end', '300702010102010200'],
  ['another type inside', '3006040101020102'],
  ['a half that is too wide', `30260221${'01'.repeat(33)}020101`],
])('takes %s for no signature', (_, hex) => {
  expect(derToJose(Buffer.from(hex, 'hex'))).toBeUndefined()
})
