import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newId, withPrefix } from '../kit/index.ts'
import { planSecretKeys, SecretRings, type SecretRing, type VersionedKey } from '../secret-key/index.ts'
import { openSuccessor, sealSuccessor, type BoxContext } from './refresh-box.ts'

const now = new Date('2026-11-21T12:00:00Z')
const successor = randomBytes(32)

function epoch(version: number, activateAt = now): VersionedKey {
  return { version, key: createSecretKey(randomBytes(32)), activateAt }
}

/** An instance's view of the box keys. */
function ringOf(...keys: readonly VersionedKey[]): SecretRing {
  const secrets = new SecretRings()
  secrets.replace('refresh-box', keys)
  return secrets.of('refresh-box')
}

function contextOf(changes: Partial<BoxContext> = {}): BoxContext {
  return {
    tenantId: newId('ten', now),
    familyId: withPrefix('rft', newId('grt', now)),
    generation: 7,
    secret: randomBytes(32),
    ...changes,
  }
}

describe('a refresh box', () => {
  const key = epoch(1)
  const ring = ringOf(key)
  const context = contextOf()
  const box = sealSuccessor(ring, context, successor, now)

  test('opens for the predecessor of the successor it holds', () => {
    expect(openSuccessor(ring, context, box)).toEqual(successor)
  })

  test('does not hold the successor or the predecessor in the clear, and is never the same twice', () => {
    const again = sealSuccessor(ring, context, successor, now)
    expect(again.equals(box)).toBe(false)
    expect(again.subarray(4, 20).equals(box.subarray(4, 20))).toBe(false)
    for (const each of [box, again]) {
      expect(each.includes(successor)).toBe(false)
      expect(each.includes(context.secret)).toBe(false)
    }
  })

  test.each([
    ['another tenant', { tenantId: newId('ten', now) }],
    ['another family', { familyId: withPrefix('rft', newId('grt', now)) }],
    ['the generation before', { generation: context.generation - 1 }],
    ['the generation after', { generation: context.generation + 1 }],
    ['a predecessor that was never issued', { secret: randomBytes(32) }],
    ['the successor itself', { secret: successor }],
  ])('I9: does not open for %s', (_who, changes) => {
    expect(openSuccessor(ring, { ...context, ...changes }, box)).toBeUndefined()
  })

  test('I9: does not open for a genuine predecessor of another row that the box was copied to', () => {
    const other = contextOf({ tenantId: context.tenantId })
    const theirs = sealSuccessor(ring, other, randomBytes(32), now)
    expect(openSuccessor(ring, other, box)).toBeUndefined()
    expect(openSuccessor(ring, context, theirs)).toBeUndefined()
  })

  test('I9: does not open with another key of the same epoch', () => {
    expect(openSuccessor(ringOf(epoch(1)), context, box)).toBeUndefined()
  })

  test('I9: does not open once its epoch is destroyed, although a newer one is held', () => {
    expect(openSuccessor(ringOf(epoch(2)), context, box)).toBeUndefined()
    expect(openSuccessor(ringOf(), context, box)).toBeUndefined()
  })

  test('does not open with any bit changed: epoch, salt, ciphertext and tag alike', () => {
    const another = epoch(2).key
    const ofAnyEpoch: SecretRing = { ...ring, byVersion: (version) => (version === 1 ? key.key : another) }
    expect(openSuccessor(ofAnyEpoch, context, box)).toEqual(successor)
    for (let bit = 0; bit < box.length * 8; bit += 1) {
      const changed = Buffer.from(box)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(openSuccessor(ofAnyEpoch, context, changed)).toBeUndefined()
    }
  })

  test('does not open when it was cut short or grew: it is no box then', () => {
    for (const length of [0, 3, 4, 19, 20, 36, box.length - 1]) {
      expect(openSuccessor(ring, context, box.subarray(0, length))).toBeUndefined()
    }
    expect(openSuccessor(ring, context, Buffer.concat([box, Buffer.alloc(1)]))).toBeUndefined()
  })

  test('opens in every instance that holds its epoch, also after a newer one has begun to seal', () => {
    const newer = epoch(2)
    const both = ringOf(newer, key)
    expect(openSuccessor(both, context, box)).toEqual(successor)
    const sealedNewer = sealSuccessor(both, context, successor, now)
    expect(openSuccessor(ringOf(newer), context, sealedNewer)).toEqual(successor)
    expect(openSuccessor(ringOf(key), context, sealedNewer)).toBeUndefined()
  })

  test('is sealed by the epoch that is active, not by one that is made ahead of its time', () => {
    const ahead = epoch(2, new Date(now.getTime() + 120_000))
    const sealed = sealSuccessor(ringOf(ahead, key), context, successor, now)
    expect(openSuccessor(ringOf(key), context, sealed)).toEqual(successor)
  })

  test('outlives the replay window: an epoch is kept for ten minutes after it stopped sealing, then destroyed', () => {
    const seconds = (n: number) => new Date(now.getTime() + n * 1000)
    const rows = [
      { purpose: 'refresh-box' as const, version: 1, activateAt: seconds(-86_400), retireAt: seconds(600) },
      { purpose: 'refresh-box' as const, version: 2, activateAt: now, retireAt: null },
    ]
    const doneToBoxes = (at: Date) =>
      planSecretKeys({ rows, now: at, isNeeded: () => false }, { lead: 120, rotation: {} }).filter(
        (action) => action.purpose === 'refresh-box',
      )
    expect(doneToBoxes(seconds(599))).toEqual([])
    expect(doneToBoxes(seconds(600))).toEqual([{ do: 'destroy', purpose: 'refresh-box', version: 1 }])
  })
})
