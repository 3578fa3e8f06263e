import { expect, test } from 'vitest'
import { readSecretRotation, rotateEvery } from './secret-rotation.ts'

const day = 86_400

test('a deployment says how often, or never, and the rest goes by its default', () => {
  const { rotation, fault } = readSecretRotation('pepper=7776000,data=off,refresh-box=3600', 120)
  expect(fault).toBeUndefined()
  expect(rotateEvery('pepper', rotation)).toBe(90 * day)
  expect(rotateEvery('data', rotation)).toBeUndefined()
  expect(rotateEvery('refresh-box', rotation)).toBe(3600)
  expect(rotateEvery('fingerprint', rotation)).toBe(365 * day)
  expect(rotateEvery('decoy', rotation)).toBeUndefined()
  expect(readSecretRotation('', 120)).toEqual({ rotation: {}, fault: undefined })
})

test.each([
  ['salt=100000', 'must name one of token-tag, '],
  ['pepper', 'must give pepper a number of seconds'],
  ['pepper=often', 'must give pepper a number of seconds'],
  ['pepper=-1', 'must give pepper a number of seconds'],
  ['pepper=off,pepper=9000000', 'must name each secret once'],
  // Known everywhere before the next is made; never more than a hundred at once; one byte of a token.
  ['refresh-box=239', 'at least 240'],
  ['data=70000', 'at least 78624'],
  ['token-tag=2000000', 'at least 2592000'],
])('%s is refused: %s', (text, message) => {
  expect(readSecretRotation(text, 120).fault).toContain(message)
})
