import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base32, matchingStep, newTotpSecret, totpCode, totpStep, totpUri } from './totp.ts'

const rfcSecret = Buffer.from('12345678901234567890')
const at = (seconds: number) => new Date(seconds * 1000)

describe('TOTP', () => {
  test.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('is as RFC 6238 appendix B has it at %d', (seconds, code) => {
    const step = totpStep(at(seconds))
    expect(totpCode(rfcSecret, step, 8)).toBe(code)
    expect(totpCode(rfcSecret, step)).toBe(code.slice(2))
  })

  test.each([
    '755224',
    '287082',
    '359152',
    '969429',
    '338314',
    '254676',
    '287922',
    '162583',
    '399871',
    '520489',
  ])('is as RFC 4226 appendix D has it: %s', (code) => {
    const all = Array.from({ length: 10 }, (_, step) => totpCode(rfcSecret, step))
    expect(all).toContain(code)
  })

  test('C186: a code of this step and of the ones beside it is taken, and of no other', () => {
    const now = at(1_800_000_010)
    const step = totpStep(now)
    const taken = [-3, -2, -1, 0, 1, 2, 3].filter(
      (by) => matchingStep(rfcSecret, totpCode(rfcSecret, step + by), now) === step + by,
    )
    expect(taken).toEqual([-1, 0, 1])
  })

  test('takes digits with spaces between them, and nothing else', () => {
    const now = at(1_800_000_000)
    const code = totpCode(rfcSecret, totpStep(now))
    expect(matchingStep(rfcSecret, ` ${code.slice(0, 3)} ${code.slice(3)}`, now)).toBe(totpStep(now))
    for (const other of ['', code.slice(1), `${code}0`, `+${code.slice(1)}`, 'abcdef'])
      expect(matchingStep(rfcSecret, other, now)).toBeUndefined()
    fc.assert(
      fc.property(fc.string(), (typed) => {
        fc.pre(!/^\d{6}$/.test(typed.replace(/\s/g, '')))
        expect(matchingStep(rfcSecret, typed, now)).toBeUndefined()
      }),
    )
  })

  test('makes secrets of 160 bits, no two alike', () => {
    const secrets = Array.from({ length: 100 }, () => newTotpSecret().toString('hex'))
    expect(new Set(secrets).size).toBe(100)
    expect(secrets.every((secret) => secret.length === 40)).toBe(true)
  })

  test.each([
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ])('spells %j in base32 as RFC 4648 does: %s', (text, spelt) => {
    expect(base32(Buffer.from(text))).toBe(spelt)
  })

  test('names issuer and account to the app, whatever characters they have', () => {
    const secret = randomBytes(20)
    const uri = new URL(totpUri({ secret, issuer: 'Acme & Söhne: Hotels', account: 'ada+x@acme.example' }))
    expect(uri.protocol + uri.host).toBe('otpauth:totp')
    expect(decodeURIComponent(uri.pathname)).toBe('/Acme & Söhne: Hotels:ada+x@acme.example')
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      secret: base32(secret),
      issuer: 'Acme & Söhne: Hotels',
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    })
  })
})
