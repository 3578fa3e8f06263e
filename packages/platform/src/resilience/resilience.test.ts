import { describe, expect, test } from 'vitest'
import { Breaker, OpenBreakerError, RetryBudget } from './index.ts'

const failing = () => Promise.reject(new Error('away'))

describe('Breaker', () => {
  let now = 0
  const monotonic = () => now
  const fail = (breaker: Breaker) => breaker.run(failing).catch((error: unknown) => error)

  test('opens after so many failures in a row, and refuses at once then', async () => {
    const breaker = new Breaker({ mostFailures: 3, pause: 1000, monotonic })
    for (let n = 0; n < 3; n += 1) {
      expect(breaker.state).toBe('closed')
      expect(await fail(breaker)).not.toBeInstanceOf(OpenBreakerError)
    }
    expect(breaker.state).toBe('open')
    let asked = false
    const asking = breaker.run(async () => (asked = true))
    await expect(asking).rejects.toBeInstanceOf(OpenBreakerError)
    expect(asked).toBe(false)
  })

  test('then lets one call find out, and goes on when that works', async () => {
    const breaker = new Breaker({ mostFailures: 1, pause: 1000, monotonic })
    await fail(breaker)
    now += 1000
    expect(breaker.state).toBe('half_open')
    let answer: (value: string) => void = () => undefined
    const first = breaker.run(() => new Promise<string>((resolve) => (answer = resolve)))
    expect(await fail(breaker)).toBeInstanceOf(OpenBreakerError) // while the first has no answer
    answer('back')
    await expect(first).resolves.toBe('back')
    expect(breaker.state).toBe('closed')
  })

  test('stays open when that does not work', async () => {
    const breaker = new Breaker({ mostFailures: 1, pause: 1000, monotonic })
    await fail(breaker)
    now += 1000
    expect(await fail(breaker)).not.toBeInstanceOf(OpenBreakerError)
    expect(breaker.state).toBe('open')
  })

  test('does not count an error that is an answer', async () => {
    const isFailure = (error: unknown) => (error as Error).message === 'away'
    const breaker = new Breaker({ mostFailures: 2, pause: 1000, isFailure, monotonic })
    await fail(breaker)
    await breaker.run(() => Promise.reject(new Error('no such key'))).catch(() => undefined)
    await fail(breaker)
    expect(breaker.state).toBe('closed')
    await fail(breaker)
    expect(breaker.state).toBe('open')
  })
})

describe('RetryBudget', () => {
  const spent = (budget: RetryBudget, most: number) => {
    let retries = 0
    while (retries < most && budget.spend()) retries += 1
    return retries
  }

  test('allows what was saved up, and then a share of the calls', () => {
    const budget = new RetryBudget({ share: 0.1, most: 10, monotonic: () => 0 })
    expect(spent(budget, 100)).toBe(10)
    for (let n = 0; n < 55; n += 1) budget.add()
    expect(spent(budget, 100)).toBe(5)
  })

  test('saves up some in time, and never more than the most', () => {
    let now = 0
    const budget = new RetryBudget({ perSecond: 1, most: 10, monotonic: () => now })
    spent(budget, 100)
    now += 3_500
    expect(spent(budget, 100)).toBe(3)
    now += 3_600_000
    expect(spent(budget, 100)).toBe(10)
  })
})
