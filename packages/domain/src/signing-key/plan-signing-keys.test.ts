import { describe, expect, test } from 'vitest'
import type { SigningKeyLine } from './line.ts'
import { planSigningKeys, type SigningKeyPolicy } from './plan-signing-keys.ts'
import type { SigningKeyRow, SigningKeyState } from './queries.ts'

const day = 86_400
const policy: SigningKeyPolicy = { signFor: 7 * day, verifyAfter: 2 * day, activationLead: day, announce: 60 }
const es256 = { purpose: 'token', alg: 'ES256' } as const
const start = new Date('2026-11-21T00:00:00Z')

function at(seconds: number): Date {
  return new Date(start.getTime() + seconds * 1000)
}

function key(
  kid: string,
  state: SigningKeyState,
  times: { created: number; published?: number; activated?: number },
) {
  return {
    id: `sgk_${kid}`,
    scope: 'issuer',
    purpose: 'token',
    alg: 'ES256',
    kid,
    publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
    endorsement: '',
    custody: 'wrapped',
    wrapped: Buffer.alloc(0),
    kmsVersion: null,
    state,
    createdAt: at(times.created),
    publishedAt: times.published === undefined ? null : at(times.published),
    activateAt: times.activated === undefined ? null : at(times.activated),
    signUntil: at(times.created + policy.signFor),
    verifyUntil: at(times.created + policy.signFor + policy.verifyAfter),
  } as const satisfies SigningKeyRow
}

function plan(
  keys: readonly SigningKeyRow[],
  seconds: number,
  served: readonly string[] = [],
  lines: readonly SigningKeyLine[] = [es256],
) {
  const situation = { keys, now: at(seconds), served: new Set(served), lines }
  return planSigningKeys(situation, policy).map((action) =>
    'key' in action ? `${action.do} ${action.key.kid}` : action.do,
  )
}

describe('planSigningKeys', () => {
  test('makes the first key of an issuer', () => {
    expect(plan([], 0)).toEqual(['generate'])
  })

  test('waits with the first key until it is served, then activates it at once and makes a standby', () => {
    const first = key('a', 'published', { created: 0, published: 5 })
    expect(plan([first], 6)).toEqual([])
    expect(plan([first], 6, ['a'])).toEqual(['activate a', 'generate'])
  })

  test('keeps one standby and does nothing while the active key is in its turn', () => {
    const keys = [
      key('a', 'active', { created: 0, published: 5, activated: 6 }),
      key('b', 'published', { created: 7, published: 9 }),
    ]
    expect(plan(keys, 3 * day)).toEqual([])
  })

  test('hands over after the turn, announced, and retires the old key only when the new one signs', () => {
    const keys = [
      key('a', 'active', { created: 0, published: 5, activated: 6 }),
      key('b', 'published', { created: 7, published: 9 }),
    ]
    expect(plan(keys, 3 * day + 6)).toEqual(['activate b', 'generate'])
    const announced = [
      key('a', 'active', { created: 0, published: 5, activated: 6 }),
      key('b', 'active', { created: 7, published: 9, activated: 3 * day + 66 }),
      key('c', 'pending', { created: 3 * day + 6 }),
    ]
    expect(plan(announced, 3 * day + 65)).toEqual([])
    expect(plan(announced, 3 * day + 66)).toEqual(['retire a'])
  })

  test('hands over a lead before the end that the key was endorsed for, where that was for less than today’s policy', () => {
    const keys = [
      { ...key('a', 'active', { created: 0, published: 5, activated: 6 }), signUntil: at(3 * day) },
      key('b', 'published', { created: 7, published: 9 }),
    ]
    expect(plan(keys, 2 * day - 1)).toEqual([])
    expect(plan(keys, 2 * day)).toEqual(['activate b', 'generate'])
  })

  test('never activates a standby before its lead has passed, however old the active key is', () => {
    const keys = [
      key('a', 'active', { created: 0, published: 5, activated: 6 }),
      key('b', 'published', { created: 5 * day, published: 5 * day }),
    ]
    expect(plan(keys, 6 * day - 1)).toEqual([])
    expect(plan(keys, 6 * day)).toEqual(['activate b', 'generate'])
  })

  test('keeps a retiring key in the set until nothing it signed is verified any more', () => {
    const keys = [
      key('a', 'retiring', { created: 0, published: 5, activated: 6 }),
      key('b', 'active', { created: 7, published: 9, activated: 3 * day }),
      key('c', 'published', { created: 3 * day, published: 3 * day }),
    ]
    expect(plan(keys, 5 * day)).toEqual([])
    expect(plan(keys, 9 * day)).toContain('drop a')
  })

  const rs256 = { purpose: 'token', alg: 'RS256' } as const
  const signing = () => [
    key('a', 'active', { created: 0, published: 5, activated: 6 }),
    key('b', 'published', { created: 7, published: 9 }),
  ]

  test('keeps a signing key and a standby in every line, and starts those of a new issuer together', () => {
    const lines = [es256, rs256]
    expect(plan([], 0, [], lines)).toEqual(['generate', 'generate'])
    const first = [
      key('a', 'published', { created: 0, published: 5 }),
      { ...key('r', 'published', { created: 0, published: 5 }), ...rs256 },
    ]
    expect(plan(first, 6, ['a', 'r'], lines)).toEqual(['activate a', 'generate', 'activate r', 'generate'])
  })

  test('C260: the first key of a line that comes later waits out its lead: verifiers have caches by then', () => {
    const added = { ...key('r', 'published', { created: 8 * 3600, published: 8 * 3600 }), ...rs256 }
    const keys = [...signing(), added]
    expect(plan(keys, 8 * 3600 + day - 1, ['r'], [es256, rs256])).toEqual([])
    expect(plan(keys, 8 * 3600 + day, [], [es256, rs256])).toEqual(['activate r', 'generate'])
  })

  test('runs out a line that is no longer asked for, and makes nothing new in it', () => {
    const replaced = { ...key('r', 'active', { created: 0, published: 5, activated: 6 }), ...rs256 }
    const standby = { ...key('s', 'published', { created: 7, published: 9 }), ...rs256 }
    expect(plan([...signing(), replaced, standby], day, [], [rs256])).toEqual(['retire a', 'drop b'])
    const retiring = key('a', 'retiring', { created: 0, published: 5, activated: 6 })
    expect(plan([retiring, replaced, standby], 9 * day - 1, [], [rs256])).not.toContain('drop a')
    expect(plan([retiring, replaced, standby], 9 * day, [], [rs256])).toContain('drop a')
  })

  test('lets a line that is no longer asked for sign until another does in its place', () => {
    expect(plan(signing(), day, [], [rs256])).toEqual(['generate'])
    expect(plan(signing(), 3 * day + 6, [], [rs256])).toEqual(['generate', 'activate b'])
  })

  test('keeps lines of other purposes apart, and waits for no key set with those that are in none', () => {
    const status = { purpose: 'status', alg: 'ES256' } as const
    const lines = [es256, status]
    expect(plan(signing(), 10, [], lines)).toEqual(['generate'])
    const first = { ...key('s', 'published', { created: 0, published: 5 }), ...status }
    expect(plan([...signing(), first], 10, [], lines)).toEqual(['activate s', 'generate'])
    const token = key('a', 'published', { created: 0, published: 5 })
    expect(plan([token, { ...first, state: 'active', activateAt: at(6) }], 10, [], [es256])).toEqual([])
  })
})
