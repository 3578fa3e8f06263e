import { describe, expect, it } from 'vitest'
import { cpuBetween, peakMib, readCpu, rssMib } from './cpu.ts'

/** Microseconds of CPU since then. */
function spent(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from)
  return user + system
}

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
    const from = process.cpuUsage()
    while (spent(from) < 30_000) Math.sqrt(from.user)
    expect(cpuBetween(before, readCpu([process.pid]))).toBeGreaterThan(5_000)
    expect(rssMib(process.pid)).toBeGreaterThan(10)
    expect(peakMib(process.pid)).toBeGreaterThan(10)
  })

  it('reads nothing of a process that is gone', () => {
    expect(readCpu([2 ** 30])).toEqual(new Map())
  })
})
