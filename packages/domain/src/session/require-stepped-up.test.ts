import { expect, test } from 'vitest'
import { requireSteppedUpSince } from './index.ts'

const theft = 1_800_000_000
const now = (seconds: number) => ({ clock: () => new Date((theft + seconds) * 1000 + 900) })
const person = { stepUpSince: new Date(theft * 1000) }
const check = (loginAt: number, seconds = 0) =>
  requireSteppedUpSince(now(seconds), { authTime: theft + loginAt }, person)

test.each([0, 1, 60])('a login %d seconds after the theft counts', (seconds) => {
  expect(() => check(seconds, seconds)).not.toThrow()
})

test.each([
  [0, 0],
  [12, 12],
  [299, 299],
  [5_000, 300],
])('%d seconds after the theft, a login of before is asked for one of the last %d', (seconds, maxAge) => {
  const refused: unknown = expect.objectContaining({ code: 'reauthentication_required', maxAge })
  expect(() => check(-1, seconds)).toThrow(refused)
})

test.each([undefined, { stepUpSince: null }])(
  'any login counts of a person of whom nothing was stolen: %j',
  (nobody) => {
    expect(() => requireSteppedUpSince(now(0), { authTime: 0 }, nobody)).not.toThrow()
  },
)
