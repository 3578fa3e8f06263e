import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { riskCodes, type RiskCode } from '../kit/index.ts'
import { decideRisk, scoreRisk, type RiskPolicy, type RiskSignals } from './index.ts'

const usual: RiskSignals = {
  isFirstLogin: false,
  device: 'usual',
  network: 'usual',
  country: 'usual',
  travel: 'usual',
  hour: 'usual',
  tor: 'usual',
  failures: 0,
  isBreached: false,
  isExposed: false,
  recent: 0,
  outside: 'unset',
}

/** Each signal by itself, and what it must be called and cost. */
const single: [Partial<RiskSignals>, RiskCode, number][] = [
  [{ isFirstLogin: true }, 'first_login', 40],
  [{ device: 'unusual' }, 'new_device', 25],
  [{ device: 'unknown' }, 'device_unknown', 25],
  [{ network: 'unusual' }, 'new_network', 15],
  [{ network: 'unknown' }, 'network_unknown', 15],
  [{ country: 'unusual' }, 'new_country', 20],
  [{ country: 'unknown' }, 'country_unknown', 20],
  [{ travel: 'unusual' }, 'impossible_travel', 40],
  [{ travel: 'unknown' }, 'travel_unknown', 15],
  [{ hour: 'unusual' }, 'odd_hour', 10],
  [{ tor: 'unusual' }, 'tor_exit', 30],
  [{ tor: 'unknown' }, 'tor_unknown', 10],
  [{ failures: 3 }, 'recent_failures', 15],
  [{ failures: 99 }, 'recent_failures', 30],
  [{ isBreached: true }, 'breached_password', 40],
  [{ isExposed: true }, 'exposed_address', 10],
  [{ isBreached: true, isExposed: true }, 'breached_password', 40],
  [{ outside: 55 }, 'outside_service', 55],
  [{ outside: 'silent' }, 'outside_silent', 0],
  [{ recent: 70 }, 'recent_risk', 70],
]

const told = fc.constantFrom('usual', 'unusual', 'unknown', 'unset' as const)
const anySignals = fc.record({
  isFirstLogin: fc.boolean(),
  device: told,
  network: told,
  country: told,
  travel: told,
  hour: told,
  tor: told,
  failures: fc.nat(100),
  isBreached: fc.boolean(),
  recent: fc.nat(100),
  outside: fc.oneof(fc.nat(100), fc.constantFrom('silent', 'unset' as const)),
}) as fc.Arbitrary<RiskSignals>

describe('scoreRisk', () => {
  test.each(single)('C194: gives %j its reason and its points', (signals, code, points) => {
    expect(scoreRisk({ ...usual, ...signals })).toEqual({ score: points, reasons: [{ code, points }] })
  })

  test('has a case above for each reason', () => {
    expect([...new Set(single.map(([, code]) => code))].toSorted()).toEqual([...riskCodes].toSorted())
  })

  test('finds nothing in a login like those before, nor in one that there is nothing to compare with', () => {
    const unset = {
      device: 'unset',
      network: 'unset',
      country: 'unset',
      travel: 'unset',
      hour: 'unset',
    } as const
    expect(scoreRisk(usual)).toEqual({ score: 0, reasons: [] })
    expect(scoreRisk({ ...usual, ...unset, tor: 'unset', failures: 2 })).toEqual({ score: 0, reasons: [] })
  })

  test('adds up, to 100 at most', () => {
    const strange = { ...usual, device: 'unusual', network: 'unusual' } as const
    expect(scoreRisk(strange).score).toBe(40)
    expect(scoreRisk({ ...strange, country: 'unusual', travel: 'unusual' }).score).toBe(100)
    expect(scoreRisk({ ...strange, country: 'unusual', travel: 'unusual', tor: 'unusual' }).score).toBe(100)
  })

  test('C194: neither an outside service nor the last minute can lower it, and both can raise it', () => {
    fc.assert(
      fc.property(anySignals, (signals) => {
        const alone = scoreRisk({ ...signals, outside: 'unset', recent: 0 }).score
        const { score } = scoreRisk(signals)
        const { outside, recent } = signals
        expect(score).toBe(Math.max(alone, typeof outside === 'number' ? outside : 0, recent))
      }),
    )
  })

  test('C194: what is unusual, or should be told and is not, never scores below the usual', () => {
    const telling = ['device', 'network', 'country', 'travel', 'hour', 'tor'] as const
    fc.assert(
      fc.property(anySignals, fc.constantFrom(...telling), (signals, name) => {
        const { score } = scoreRisk({ ...signals, [name]: 'usual' })
        for (const worse of ['unusual', 'unknown'] as const)
          expect(scoreRisk({ ...signals, [name]: worse }).score).toBeGreaterThanOrEqual(score)
      }),
    )
  })

  test('C194: the same signals have the same score, also when they were kept as JSON in between', () => {
    fc.assert(
      fc.property(anySignals, (signals) => {
        const scored = scoreRisk(signals)
        expect(scoreRisk(JSON.parse(JSON.stringify(signals)) as RiskSignals)).toEqual(scored)
        expect(scored.score).toBe(
          Math.min(
            100,
            scored.reasons.reduce((sum, { points }) => sum + points, 0),
          ),
        )
      }),
    )
  })
})

describe('decideRisk', () => {
  const policy: RiskPolicy = { mfa: 'risk', riskChallengeAt: 40, riskRefuseAt: 90 }
  const decided = (score: number, more: Partial<RiskPolicy> = {}, signals = usual) =>
    decideRisk({ ...policy, ...more }, { score, signals })

  test.each([
    [0, 'allow'],
    [39, 'allow'],
    [40, 'challenge'],
    [89, 'challenge'],
    [90, 'refuse'],
    [100, 'refuse'],
  ])('leads from a score of %i to %s, with the thresholds that tenants begin with', (score, decision) => {
    expect(decided(score)).toBe(decision)
  })

  test('decides where the tenant always asks for a factor too, and nothing where it asks by nobody’s risk', () => {
    expect([39, 40, 89, 90].map((score) => decided(score, { mfa: 'required' }))).toEqual([
      'allow',
      'challenge',
      'challenge',
      'refuse',
    ])
    for (const mfa of ['off', 'optional'] as const) expect(decided(100, { mfa })).toBe('allow')
  })

  test('C194: never lets one factor do while the outside service is silent, however high the threshold', () => {
    const silent: RiskSignals = { ...usual, outside: 'silent' }
    expect(decided(0, { riskChallengeAt: 100 }, silent)).toBe('challenge')
  })

  test('C194: a higher score never leads to a milder decision', () => {
    const severity = ['allow', 'challenge', 'refuse']
    const policies = fc.record({
      mfa: fc.constantFrom('off', 'optional', 'required', 'risk' as const),
      riskChallengeAt: fc.integer({ min: 1, max: 100 }),
      riskRefuseAt: fc.integer({ min: 1, max: 100 }),
    }) as fc.Arbitrary<RiskPolicy>
    fc.assert(
      fc.property(policies, fc.nat(100), fc.nat(100), anySignals, (any, a, b, signals) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((score) =>
          severity.indexOf(decideRisk(any, { score, signals })),
        )
        expect(low).toBeLessThanOrEqual(high ?? -1)
      }),
    )
  })
})
