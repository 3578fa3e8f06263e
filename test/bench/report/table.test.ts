import { describe, expect, it } from 'vitest'
import type { Series } from '../measure/sample.ts'
import { judge } from './goals.ts'
import { contendersTable, goalsTable, summaryTable } from './table.ts'

const floor: Series = { name: 'floor', errors: 0, samples: [{ rate: 4000, serverUs: 100, p99Ms: 5 }] }
const ours: Series = { name: 'ours', errors: 0, samples: [{ rate: 3000, serverUs: 125, p99Ms: 6 }] }

describe('the report', () => {
  it('prints medians with the advantage over the first contender', () => {
    expect(contendersTable([floor, ours], ['serverUs', 'rate', 'p99Ms', 'rssMib'])).toEqual([
      '       server CPU       op/s          p99             memory',
      'floor  100.0 us         4,000         5.00 ms         -',
      'ours   125.0 us (0.80)  3,000 (0.75)  6.00 ms (0.83)  -',
    ])
  })

  it('judges an advantage, a multiple and an amount', () => {
    const measured = [floor, ours]
    const judged = [
      judge({ subject: 'ours', metric: 'serverUs', over: 'floor', atLeast: 0.7 }, measured),
      judge({ subject: 'ours', metric: 'p99Ms', of: 'floor', atMost: 1.1 }, measured),
      judge({ subject: 'ours', metric: 'p99Ms', atMost: 10 }, measured),
    ]
    expect(judged.map(({ met }) => met)).toEqual([true, false, true])
    expect(judged.map(({ value }) => value)).toEqual([0.8, 1.2, 6])
  })

  it('leaves open what could not be compared', () => {
    const verdict = judge({ subject: 'ours', metric: 'rate', over: 'nginx', atLeast: 1 }, [floor, ours])
    expect(verdict.met).toBeUndefined()
    expect(goalsTable([verdict])).toEqual(['unknown  ours: op/s at least 1 times as good as nginx  -'])
  })

  it('compares nothing with what answered wrongly', () => {
    const goal = { subject: 'ours', metric: 'rate', over: 'floor', atLeast: 0.5 } as const
    expect(judge(goal, [floor, { ...ours, errors: 1 }]).met).toBeUndefined()
    expect(judge(goal, [{ ...floor, errors: 1 }, ours]).met).toBeUndefined()
  })

  it('sums up the goals of all rows in one table', () => {
    const verdicts = [
      { text: 'ours: p99 at most 10 ms', value: 6, met: true },
      { text: 'ours: op/s', value: 1, met: false },
    ]
    expect(
      summaryTable([
        { row: 'login', verdicts },
        { row: 'wake', verdicts: verdicts.slice(0, 1) },
      ]),
    ).toEqual([
      'login  met     ours: p99 at most 10 ms  6.00',
      'login  MISSED  ours: op/s               1.00',
      'wake   met     ours: p99 at most 10 ms  6.00',
    ])
  })
})
