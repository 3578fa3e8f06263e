import { describe, expect, test } from 'vitest'
import { hasSecondFactor, type HeldFactor } from '../factor/index.ts'
import { acrOf, isTwiceProved, withDevice, withSecondStep } from './assurance.ts'
import { decideClearance, type ToClear } from './decide-clearance.ts'

const factor = (kind: HeldFactor['kind'], disabledAt: Date | null = null): HeldFactor => ({
  id: 'mfa_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  kind,
  disabledAt,
})
const none: HeldFactor[] = []
const totp = [factor('totp')]
const usual = { mfa: 'optional', amr: ['pwd'], isTrusted: false, risk: 'unknown' } as const
const decide = ({ held = none, ...given }: Partial<ToClear> & { held?: readonly HeldFactor[] }) =>
  decideClearance({ ...usual, hasFactor: hasSecondFactor(held), ...given })

describe('the gate', () => {
  test.each<[ToClear['mfa'], readonly HeldFactor[], string]>([
    ['off', none, 'open'],
    ['off', totp, 'open'],
    ['optional', none, 'open'],
    ['optional', totp, 'challenge'],
    ['required', none, 'enrol'],
    ['required', totp, 'challenge'],
    ['risk', none, 'open'],
    ['risk', totp, 'challenge'],
  ])('with %s and the factors %j does this to a password: %s', (mfa, held, clearance) => {
    expect(decide({ mfa, held })).toBe(clearance)
  })

  test.each(['optional', 'required', 'risk'] as const)(
    'C186: still asks, with %s, where the only factor is disabled',
    (mfa) => {
      expect(decide({ mfa, held: [factor('totp', new Date(0)), factor('recovery')] })).toBe('challenge')
    },
  )

  test('C191: takes recovery codes for no factor: who has nothing else has none', () => {
    expect(decide({ mfa: 'required', held: [factor('recovery')] })).toBe('enrol')
  })

  test.each(['optional', 'required', 'risk'] as const)(
    'C190: asks after a mailed link too, with %s',
    (mfa) => {
      expect(decide({ mfa, held: totp, amr: ['email'] })).toBe('challenge')
      expect(decide({ mfa, held: totp, amr: ['email', 'otp'] })).toBe('open')
    },
  )

  test.each([
    ['pwd', 'otp', 'mfa'],
    ['pwd', 'recovery', 'mfa'],
    ['hwk', 'user', 'mfa'],
    ['email', 'swk'],
  ])('asks nothing more of who proved %s, %s', (...amr) => {
    expect(decide({ mfa: 'required', held: totp, amr: amr.filter(Boolean) })).toBe('open')
  })

  test('a passkey that did not verify its person is one factor', () => {
    expect(decide({ held: totp, amr: ['hwk'] })).toBe('challenge')
  })

  test.each<[ToClear['mfa'], ToClear['risk'], boolean, string]>([
    ['optional', 'allow', true, 'open'],
    ['optional', 'unknown', true, 'open'],
    ['optional', 'challenge', true, 'challenge'],
    ['required', 'allow', false, 'challenge'],
    ['required', 'unknown', true, 'open'],
    ['required', 'challenge', true, 'challenge'],
    ['risk', 'allow', false, 'open'],
    ['risk', 'challenge', true, 'challenge'],
    ['risk', 'unknown', true, 'open'],
    ['off', 'challenge', false, 'open'],
    ['off', 'refuse', true, 'refuse'],
    ['required', 'refuse', true, 'refuse'],
  ])('with %s and a risk of %s, trusted %s, of who has a factor: %s', (mfa, risk, isTrusted, clearance) => {
    expect(decide({ mfa, risk, isTrusted, held: totp })).toBe(clearance)
  })

  test('trust in a browser spares nobody who has no factor where one is required', () => {
    expect(decide({ mfa: 'required', isTrusted: true })).toBe('enrol')
    expect(decide({ mfa: 'risk', isTrusted: true, risk: 'challenge' })).toBe('mail')
  })

  test('lets nobody add a factor because their login is unusual: it may not be them', () => {
    expect(decide({ mfa: 'risk', risk: 'challenge' })).toBe('mail')
    expect(decide({ mfa: 'risk', risk: 'allow' })).toBe('open')
    expect(decide({ mfa: 'risk', risk: 'unknown', amr: ['pwd', 'email'] })).toBe('open')
  })

  test('C191: who must add a factor, and logs in unusually, reads their mail first', () => {
    expect(decide({ mfa: 'required', risk: 'challenge' })).toBe('mail')
    expect(decide({ mfa: 'required', risk: 'challenge', isTrusted: true })).toBe('mail')
    for (const amr of [['pwd', 'email'], ['email']])
      expect(decide({ mfa: 'required', risk: 'challenge', amr })).toBe('enrol')
    expect(decide({ mfa: 'required', risk: 'unknown', amr: ['pwd', 'email'] })).toBe('enrol')
    expect(decide({ mfa: 'required', risk: 'allow' })).toBe('enrol')
  })

  test('C190: takes no second mail for a proof of who came by one', () => {
    expect(decide({ mfa: 'risk', risk: 'challenge', amr: ['email'] })).toBe('refuse')
    expect(decide({ mfa: 'risk', risk: 'challenge', amr: ['email'], held: totp })).toBe('challenge')
  })

  test('C190: a mailed code after a password is no second factor: who gets one is asked for it', () => {
    expect(decide({ mfa: 'required', held: totp, amr: ['pwd', 'email'] })).toBe('challenge')
    expect(withSecondStep(['pwd', 'email'], 'otp')).toEqual(['pwd', 'email', 'otp', 'mfa'])
  })

  test.each(['off', 'optional', 'required', 'risk'] as const)(
    'C187: asks with %s who has a factor for it, where what they want takes it',
    (mfa) => {
      const wanted = { mfa, risk: 'allow', isTrusted: true, asksForFactor: true } as const
      expect(decide({ ...wanted, held: totp })).toBe('challenge')
      expect(decide({ ...wanted, held: totp, amr: ['pwd', 'otp', 'mfa'] })).toBe('open')
      expect(decide({ ...wanted, held: totp, risk: 'refuse' })).toBe('refuse')
      expect(decide(wanted)).toBe(mfa === 'required' ? 'enrol' : 'open')
    },
  )

  test('a refused risk refuses also who proved everything', () => {
    expect(decide({ amr: ['pwd', 'otp', 'mfa'], risk: 'refuse' })).toBe('refuse')
  })
})

test.each([
  [['pwd'], 'aal1'],
  [['email'], 'email'],
  [['pwd', 'otp', 'mfa'], 'aal2'],
  [['email', 'otp'], 'aal1'],
  [['pwd', 'email'], 'aal1'],
  [['hwk', 'user', 'mfa'], 'aal2'],
])('%j is %s', (amr, acr) => {
  expect(acrOf(amr)).toBe(acr)
})

test('C190: a mailed link and a second step are one factor, and nothing more is asked', () => {
  expect(withSecondStep(['pwd'], 'otp')).toEqual(['pwd', 'otp', 'mfa'])
  const mailed = withSecondStep(['email'], 'otp')
  expect([mailed, acrOf(mailed), isTwiceProved(mailed)]).toEqual([['email', 'otp'], 'aal1', true])
  expect(isTwiceProved(['email'])).toBe(false)
})

describe('a device that was proved', () => {
  test.each([
    [['pwd'], ['pwd', 'pop']],
    [['email'], ['email', 'pop']],
    [
      ['pwd', 'otp', 'mfa'],
      ['pwd', 'otp', 'pop', 'mfa'],
    ],
    [
      ['pwd', 'pop'],
      ['pwd', 'pop'],
    ],
  ])('makes %j no stronger', (before, after) => {
    expect(withDevice(before)).toEqual(after)
    expect([acrOf(after), isTwiceProved(after)]).toEqual([acrOf(before), isTwiceProved(before)])
  })
})
