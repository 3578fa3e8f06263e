import { describe, expect, test } from 'vitest'
import { planSecretKeys } from './plan-secret-keys.ts'
import type { SecretPurpose } from './secret-purposes.ts'

const now = new Date('2026-11-21T12:00:00Z')
const lead = 120
const others: SecretPurpose[] = ['token-tag', 'pepper', 'data', 'fingerprint', 'decoy', 'one-time']
const settled = others.map((purpose) => ({ purpose, version: 1, activateAt: ago(1e6), retireAt: null }))

function ago(seconds: number): Date {
  return new Date(now.getTime() - seconds * 1000)
}

function box(version: number, activatedAgo: number, retireAt: Date | null = null) {
  return { purpose: 'refresh-box' as const, version, activateAt: ago(activatedAgo), retireAt }
}

describe('planSecretKeys', () => {
  test('makes the first version of every purpose, usable at once', () => {
    const plan = planSecretKeys([], now, lead)
    expect(plan.map((action) => action.purpose).sort()).toEqual([...others, 'refresh-box'].sort())
    expect(plan.every((action) => action.do === 'generate' && action.activateAt === now)).toBe(true)
  })

  test('does nothing while every version is young', () => {
    expect(planSecretKeys([...settled, box(1, 86_399)], now, lead)).toEqual([])
  })

  test('makes the next refresh box after a day, to be used after the lead', () => {
    expect(planSecretKeys([...settled, box(1, 86_400)], now, lead)).toEqual([
      { do: 'generate', purpose: 'refresh-box', version: 2, activateAt: ago(-lead) },
    ])
  })

  test('retires the old box ten minutes after the new one seals, then destroys it', () => {
    expect(planSecretKeys([...settled, box(1, 90_000), box(2, 10)], now, lead)).toEqual([
      { do: 'retire', purpose: 'refresh-box', version: 1, retireAt: ago(10 - 600) },
    ])
    expect(planSecretKeys([...settled, box(1, 90_000, ago(0)), box(2, 600)], now, lead)).toEqual([
      { do: 'destroy', purpose: 'refresh-box', version: 1 },
    ])
  })

  test('rotates what mails are derived from, and never a secret whose versions must stay readable', () => {
    const old = settled.map((row) => ({ ...row, activateAt: ago(1e9) }))
    expect(planSecretKeys([...old, box(1, 1)], now, lead)).toEqual([
      { do: 'generate', purpose: 'one-time', version: 2, activateAt: ago(-lead) },
    ])
  })
})
