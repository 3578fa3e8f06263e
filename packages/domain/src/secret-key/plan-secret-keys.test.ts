import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  planSecretKeys,
  type PlannedSecret,
  type SecretKeyAction,
  type SecretKeyPolicy,
} from './plan-secret-keys.ts'
import { lifeOf, secretPurposes, type SecretPurpose } from './secret-purposes.ts'
import { rotateEvery } from './secret-rotation.ts'

const now = new Date('2026-11-21T12:00:00Z')
const day = 86_400
const policy: SecretKeyPolicy = { lead: 120, rotation: {} }
const purposes = Object.keys(secretPurposes) as SecretPurpose[]

function after(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000)
}
const ago = (seconds: number) => after(now, -seconds)

function version(purpose: SecretPurpose, number: number, activatedAgo: number, retireAt: Date | null = null) {
  return { purpose, version: number, activateAt: ago(activatedAgo), retireAt }
}

/** What is planned for one purpose, while the others are young. */
function plan(
  purpose: SecretPurpose,
  rows: readonly PlannedSecret[],
  { needed = false, rotation = {} }: { needed?: boolean; rotation?: SecretKeyPolicy['rotation'] } = {},
) {
  const young = purposes.filter((each) => each !== purpose).map((each) => version(each, 1, 0))
  const state = { rows: [...young, ...rows], now, isNeeded: () => needed }
  return planSecretKeys(state, { ...policy, rotation })
}

describe('planSecretKeys', () => {
  test('makes the first version of every purpose, usable at once', () => {
    const first = planSecretKeys({ rows: [], now, isNeeded: () => false }, policy)
    expect(first.map((action) => action.purpose).sort()).toEqual(purposes.toSorted())
    expect(first.every((action) => action.do === 'generate' && action.activateAt === now)).toBe(true)
  })

  test.each([
    ['token-tag', 365 * day],
    ['refresh-box', day],
    ['pepper', 365 * day],
    ['data', 365 * day],
    ['fingerprint', 365 * day],
    ['one-time', 30 * day],
  ] as const)('makes the next %s when its time has come, to be used after the lead', (purpose, every) => {
    expect(plan(purpose, [version(purpose, 1, every - 1)])).toEqual([])
    expect(plan(purpose, [version(purpose, 1, every)])).toEqual([
      { do: 'generate', purpose, version: 2, activateAt: after(now, 120) },
    ])
    const made = [version(purpose, 1, every), version(purpose, 2, -119)]
    expect(plan(purpose, made).map((action) => action.do)).toEqual(['retire'])
    expect(plan(purpose, [version(purpose, 1, every)], { rotation: { [purpose]: 'off' } })).toEqual([])
    const sooner = { rotation: { [purpose]: every / 2 } }
    expect(plan(purpose, [version(purpose, 1, every / 2)], sooner)).toMatchObject([{ do: 'generate' }])
  })

  test('never rotates by the clock what draws decoys', () => {
    expect(plan('decoy', [version('decoy', 1, 1e9)])).toEqual([])
  })

  test.each([
    ['token-tag', 91 * day],
    ['refresh-box', 600],
    ['pepper', 600],
    ['data', 91 * day],
    ['fingerprint', 91 * day],
    ['decoy', 600],
    ['one-time', 8 * day],
  ] as const)('keeps the old %s for as long as what it made is read, then destroys it', (purpose, keep) => {
    expect(plan(purpose, [version(purpose, 1, 400 * day), version(purpose, 2, 10)])).toEqual([
      { do: 'retire', purpose, version: 1, retireAt: after(ago(10), keep) },
    ])
    const waiting = [version(purpose, 1, 400 * day, after(now, 1)), version(purpose, 2, 10)]
    expect(plan(purpose, waiting)).toEqual([])
    const over = [version(purpose, 1, 400 * day, now), version(purpose, 2, 10)]
    expect(plan(purpose, over)).toEqual([{ do: 'destroy', purpose, version: 1 }])
    expect(plan(purpose, over, { needed: true })).toEqual([])
  })

  test('destroys nothing whose successor does not make yet, whatever its row says', () => {
    const over = [version('data', 1, 400 * day, ago(1)), version('data', 2, -60, null)]
    expect(plan('data', over)).toEqual([])
  })

  test('stops at the last version that a token has room for', () => {
    expect(plan('token-tag', [version('token-tag', 255, 400 * day)])).toEqual([])
    expect(plan('token-tag', [version('token-tag', 254, 400 * day)])).toMatchObject([{ version: 255 }])
  })
})

/** Everything that happens to secrets by time alone, by rounds of a worker that is away now and then. */
describe('planSecretKeys, round after round', () => {
  const gap = fc.oneof(
    fc.integer({ min: 1, max: 10 }),
    fc.integer({ min: 60, max: 3 * day }),
    fc.integer({ min: 30 * day, max: 500 * day }),
  )
  const step = fc.record({
    gap,
    /** Which of the plan's actions the round had time for. */
    cutAt: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
    needed: fc.subarray(purposes),
    operator: fc.option(fc.constantFrom(...purposes), { nil: undefined }),
  })
  const chosen = fc.record(
    { pepper: fc.constant(40 * day), data: fc.constant('off' as const), 'refresh-box': fc.constant(3600) },
    { requiredKeys: [] },
  )

  function apply(rows: PlannedSecret[], action: SecretKeyAction): PlannedSecret[] {
    const { purpose, version: number } = action
    const isIt = (row: PlannedSecret) => row.purpose === purpose && row.version === number
    if (action.do === 'destroy') return rows.filter((row) => !isIt(row))
    if (action.do === 'retire')
      return rows.map((row) => (isIt(row) ? { ...row, retireAt: action.retireAt } : row))
    expect(rows.some(isIt)).toBe(false)
    return [...rows, { purpose, version: number, activateAt: action.activateAt, retireAt: null }]
  }

  function expectSound(
    action: SecretKeyAction,
    rows: readonly PlannedSecret[],
    at: Date,
    rotation: SecretKeyPolicy['rotation'],
  ): void {
    const mine = rows.filter(({ purpose }) => purpose === action.purpose)
    const newer = mine.filter((row) => row.version > action.version && row.activateAt <= at)
    if (action.do === 'destroy') {
      const since = Math.max(...newer.map(({ activateAt }) => activateAt.getTime()))
      expect(newer.length).toBeGreaterThan(0)
      const oldest = Math.min(...newer.map(({ activateAt }) => activateAt.getTime()))
      expect(since).toBeLessThanOrEqual(at.getTime())
      expect(at.getTime() - oldest).toBeGreaterThanOrEqual(lifeOf(action.purpose).keepFor * 1000)
    }
    if (action.do === 'generate' && mine.length > 0) {
      expect(action.activateAt).toEqual(after(at, policy.lead))
      expect(mine.every(({ activateAt }) => activateAt <= at)).toBe(true)
      expect(rotateEvery(action.purpose, rotation)).toBeDefined()
    }
  }

  test('there is always a version to make with, and none is destroyed too soon or while it is needed', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), chosen, (steps, rotation) => {
        let rows: PlannedSecret[] = []
        let at = now
        for (const { gap: seconds, cutAt, needed, operator } of steps) {
          at = after(at, seconds)
          const isNeeded = (row: PlannedSecret) => needed.includes(row.purpose)
          const planned = planSecretKeys({ rows, now: at, isNeeded }, { ...policy, rotation })
          for (const action of planned.slice(0, cutAt)) {
            expectSound(action, rows, at, rotation)
            if (action.do === 'destroy') expect(needed).not.toContain(action.purpose)
            rows = apply(rows, action)
          }
          if (cutAt === undefined) {
            for (const purpose of purposes)
              expect(rows.some((row) => row.purpose === purpose && row.activateAt <= at)).toBe(true)
            // What the new versions ask for is left: that those before them retire, and go if they have outlived it.
            for (let round = 0; round < 2; round += 1) {
              const more = planSecretKeys({ rows, now: at, isNeeded }, { ...policy, rotation })
              expect(more.map((action) => action.do)).not.toContain('generate')
              rows = more.reduce(apply, rows)
            }
            expect(planSecretKeys({ rows, now: at, isNeeded }, { ...policy, rotation })).toEqual([])
          }
          if (operator !== undefined) rows = rotatedBy(rows, operator, at)
        }
      }),
    )
  })

  /** What `iam secrets rotate` does: nothing while a version waits already. */
  function rotatedBy(rows: PlannedSecret[], purpose: SecretPurpose, at: Date): PlannedSecret[] {
    const mine = rows.filter((row) => row.purpose === purpose)
    const newest = mine.toSorted((a, b) => b.version - a.version)[0]
    if (newest === undefined || newest.activateAt > at || newest.version >= 255) return rows
    const activateAt = after(at, policy.lead)
    return apply(rows, { do: 'generate', purpose, version: newest.version + 1, activateAt })
  }
})
