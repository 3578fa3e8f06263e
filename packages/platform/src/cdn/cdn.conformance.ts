import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cdn } from './cdn.ts'

export interface CdnSubject {
  readonly cdn: Cdn
  /** The paths that it was told to let go of, in any order. */
  readonly purged: () => readonly string[]
  /** From now on it cannot be told, or can again. */
  readonly setAway: (isAway: boolean) => void
  readonly close: () => Promise<void>
}

/** What every `Cdn` must do, whatever is behind it. */
export function testCdn(open: () => Promise<CdnSubject>): void {
  let subject: CdnSubject
  beforeAll(async () => {
    subject = await open()
  })
  afterAll(() => subject.close())

  test('is told of every path', async () => {
    await subject.cdn.purge(['/a.json', '/b.json', '/keys/*'])
    expect(subject.purged().toSorted()).toEqual(['/a.json', '/b.json', '/keys/*'])
  })

  test('is told of nothing where there is nothing', async () => {
    const before = subject.purged().length
    await subject.cdn.purge([])
    expect(subject.purged().length).toBe(before)
  })

  test('says when it could not be told, and can be told again', async () => {
    subject.setAway(true)
    await expect(subject.cdn.purge(['/late.json'])).rejects.toBeInstanceOf(Error)
    expect(subject.purged()).not.toContain('/late.json')
    subject.setAway(false)
    await subject.cdn.purge(['/late.json'])
    expect(subject.purged()).toContain('/late.json')
  })
}
