import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { SecretRings, type VersionedKey } from './index.ts'

const now = new Date('2026-11-21T12:00:00Z')
const hour = 3_600_000

const version = (number: number, activatesIn: number): VersionedKey => ({
  version: number,
  key: createSecretKey(randomBytes(32)),
  activateAt: new Date(now.getTime() + activatesIn),
})

describe('a ring of secrets', () => {
  test('makes with the newest whose time has come, and holds the others', () => {
    const rings = new SecretRings()
    const ring = rings.of('data')
    rings.replace('data', [version(1, -2 * hour), version(2, -hour), version(3, hour)])
    expect(ring.current(now).version).toBe(2)
    expect(ring.all().map((key) => key.version)).toEqual([3, 2, 1])
    expect(ring.current(new Date(now.getTime() + hour)).version).toBe(3)
  })

  test('by a clock that is set back goes on with what there is', () => {
    const rings = new SecretRings()
    rings.replace('refresh-box', [version(7, -60_000)])
    const setBack = new Date(now.getTime() - hour)
    expect(rings.of('refresh-box').current(setBack).version).toBe(7)
    rings.replace('refresh-box', [version(7, -60_000), version(8, hour)])
    expect(rings.of('refresh-box').current(setBack).version).toBe(7)
  })

  test('goes on with what it held while none of those that there are can be unwrapped, and drops it then', () => {
    const rings = new SecretRings()
    const ring = rings.of('refresh-box')
    const [first, second] = [version(1, -2 * hour), version(2, -hour)]
    rings.replace('refresh-box', [first])
    rings.replace('refresh-box', [], [2])
    expect(ring.current(now).version).toBe(1)
    rings.replace('refresh-box', [second])
    expect(ring.current(now).version).toBe(2)
    expect(ring.byVersion(1)).toBeUndefined()
  })

  test('without any version makes nothing', () => {
    const rings = new SecretRings()
    expect(() => rings.of('data').current(now)).toThrow('No active data key')
    rings.replace('data', [version(2, hour)], [1])
    expect(() => rings.of('data').current(now)).toThrow('No active data key')
  })
})
