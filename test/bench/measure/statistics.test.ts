import { describe, expect, it } from 'vitest'
import { advantageOf, medianOf, timesOf, type Series } from './sample.ts'
import { median, quantile } from './statistics.ts'

const series = (name: string, rates: number[], cpu: number[]): Series => ({
  name,
  errors: 0,
  samples: rates.map((rate, round) => ({ rate, serverUs: cpu[round] ?? NaN })),
})

describe('the arithmetic of the bench', () => {
  it('takes the middle number, or the mean of two, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(median([])).toBeNaN()
  })

  it('takes quantiles by nearest rank and never runs off the end', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => n + 1)
    expect(quantile(hundred, 0.99)).toBe(100)
    expect(quantile(hundred, 0.5)).toBe(51)
    expect(quantile([7], 0.99)).toBe(7)
    expect(quantile([], 0.5)).toBeNaN()
  })

  it('compares round by round, so that a round which was slow for both counts for neither', () => {
    const base = series('floor', [100, 10, 100], [10, 100, 10])
    const other = series('ours', [50, 5, 80], [20, 200, 20])
    expect(timesOf(other, base, 'rate')).toBe(0.5)
    expect(medianOf(other, 'rate')).toBe(50)
  })

  it('calls twice the rate and half the CPU the same advantage', () => {
    const base = series('floor', [100], [10])
    const other = series('ours', [200], [5])
    expect(advantageOf(other, base, 'rate')).toBe(2)
    expect(advantageOf(other, base, 'serverUs')).toBe(2)
    expect(timesOf(other, base, 'serverUs')).toBe(0.5)
  })

  it('says nothing of what was not measured', () => {
    expect(advantageOf(series('a', [1], [1]), series('b', [1], [1]), 'p99Ms')).toBeNaN()
  })
})
