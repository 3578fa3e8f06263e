import { describe, expect, it } from 'vitest'
import { cpuBetween, readCpu, rssMib } from './cpu.ts'

describe('CPU from /proc', () => {
  it('counts new threads whole, and takes nothing back for those that ended', () => {
    const before = new Map([
      ['1/1', 5_000],
      ['1/2', 900_000],
    ])
    const after = new Map([
      ['1/1', 8_000],
      ['1/3', 1_000],
    ])
    expect(cpuBetween(before, after)).toBe(4)
  })

  it('sees what this process spends and holds', () => {
    const before = readCpu([process.pid])
    const end = performance.now() + 30
    while (performance.now() < end) Math.sqrt(end)
    expect(cpuBetween(before, readCpu([process.pid]))).toBeGreaterThan(5_000)
    expect(rssMib(process.pid)).toBeGreaterThan(10)
  })

  it('reads nothing of a process that is gone', () => {
    expect(readCpu([2 ** 30])).toEqual(new Map())
  })
})
