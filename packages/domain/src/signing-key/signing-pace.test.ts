import { describe, expect, test } from 'vitest'
import { SigningPace } from './index.ts'

describe('SigningPace', () => {
  /** A pace by a clock that stands still, and how long each was told to wait. */
  function paceOf(perSecond: number) {
    const clock = { now: 0 }
    const waited: number[] = []
    const sleep = async (ms: number) => void waited.push(ms)
    return { pace: new SigningPace(perSecond, () => clock.now, sleep), clock, waited }
  }

  test('lets the first pass at once, and the others evenly after it', async () => {
    const { pace, waited } = paceOf(10)
    for (let n = 0; n < 4; n += 1) await pace.wait()
    expect(waited).toEqual([100, 200, 300])
  })

  test('saves nothing up while nobody asks', async () => {
    const { pace, clock, waited } = paceOf(10)
    await pace.wait()
    clock.now += 60_000
    await pace.wait()
    await pace.wait()
    expect(waited).toEqual([100])
  })

  test('once a quota is used up it waits, twice as long each time, until something is signed', async () => {
    const { pace, clock, waited } = paceOf(1000)
    for (let n = 0; n < 5; n += 1) {
      pace.slowDown()
      await pace.wait()
      clock.now += 60_000
    }
    expect(waited).toEqual([500, 1000, 2000, 4000, 4000])
    pace.goOn()
    pace.slowDown()
    await pace.wait()
    expect(waited.at(-1)).toBe(500)
  })
})
