import { expect, test } from 'vitest'
import { requireRecentAuthentication } from './index.ts'

const loggedInAt = 1_800_000_000
const after = (seconds: number, most?: number) =>
  requireRecentAuthentication(
    { clock: () => new Date((loggedInAt + seconds) * 1000) },
    { authTime: loggedInAt },
    most,
  )
const refused: unknown = expect.objectContaining({ code: 'reauthentication_required' })

test.each([
  [0, undefined],
  [300, undefined],
  [-5, undefined],
  [60, 60],
])('%d seconds after the login is recent enough where %s are asked for', (seconds, most) => {
  expect(() => after(seconds, most)).not.toThrow()
})

test.each([
  [301, undefined, 300],
  [61, 60, 60],
  [1, 0, 0],
])('%d seconds after the login is too long ago where %s are asked for', (seconds, most, maxAge) => {
  expect(() => after(seconds, most)).toThrow(refused)
  expect(() => after(seconds, most)).toThrow(expect.objectContaining({ maxAge }))
})
