import { expect, test } from 'vitest'
import { Outage } from './outage.ts'

function outageAt(): { outage: Outage; pass: (seconds: number) => void } {
  let now = 1_000
  return { outage: new Outage(() => now), pass: (seconds) => void (now += seconds) }
}

test('an outage lasts from its first failure for as long as failures are told', () => {
  const { outage, pass } = outageAt()
  expect(outage.seconds).toBe(0)
  outage.failed()
  pass(60)
  outage.failed()
  pass(60)
  expect(outage.seconds).toBe(120)
})

test('an outage is over when something worked, and another begins anew', () => {
  const { outage, pass } = outageAt()
  outage.failed()
  pass(30)
  outage.worked()
  expect(outage.seconds).toBe(0)
  outage.failed()
  pass(5)
  expect(outage.seconds).toBe(5)
})

test('an outage is over when nothing failed for longer than tries are apart', () => {
  const { outage, pass } = outageAt()
  outage.failed()
  pass(76)
  expect(outage.seconds).toBe(0)
  outage.failed()
  pass(1)
  expect(outage.seconds).toBe(1)
})
