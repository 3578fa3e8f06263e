import { describe, expect, it } from 'vitest'
import { closedLoop } from './closed-loop.ts'

describe('the load', () => {
  it('begins no more operations than are due, whatever the number of workers', async () => {
    const { ops, seconds } = await closedLoop(async () => true, { workers: 8, ms: 200, perSecond: 50 })
    expect(ops).toBeGreaterThan(0)
    // The first is due at once.
    expect(ops).toBeLessThanOrEqual(Math.floor(seconds * 50) + 1)
  })

  it('begins as many as the workers can when none are due', async () => {
    let underWay = 0
    let most = 0
    const operation = async () => {
      most = Math.max(most, (underWay += 1))
      await new Promise(setImmediate)
      underWay -= 1
      return true
    }
    const { ops } = await closedLoop(operation, { workers: 3, ms: 500 })
    expect(most).toBe(3)
    expect(ops).toBeGreaterThan(3)
  })

  it('counts from when an operation was due if no worker was free', async () => {
    const blocked = async () => {
      const until = performance.now() + 50
      while (performance.now() < until);
      return true
    }
    const { p99Ms, p50Ms } = await closedLoop(blocked, { workers: 1, ms: 200, perSecond: 1000 })
    expect(p50Ms).toBeGreaterThanOrEqual(50)
    expect(p99Ms).toBeGreaterThan(75)
  })

  it('tells right answers apart and counts wrong ones', async () => {
    let n = 0
    const answers = ['let in', 'refused', false, true] as const
    const operation = async () => answers[n++ % answers.length] ?? true
    const counted = await closedLoop(operation, { workers: 1, ms: 20 })
    const each = Math.floor(counted.ops / answers.length)
    expect(each).toBeGreaterThan(0)
    for (const times of [counted.errors, ...Object.values(counted.answers ?? {})]) {
      expect([each, each + 1]).toContain(times)
    }
  })
})
