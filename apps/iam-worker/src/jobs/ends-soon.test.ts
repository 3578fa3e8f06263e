import { expect, test } from 'vitest'
import { endsSoon } from './ends-soon.ts'

const day = 86_400_000
const now = new Date('2026-11-22T00:00:00Z')
const thing = (id: string, lived: number, left: number) => {
  const [beginsAt, endsAt] = [-lived, left].map((days) => new Date(now.getTime() + days * day))
  return { kind: 'signing_key', id, beginsAt: beginsAt ?? now, endsAt: endsAt ?? now } as const
}

test('tells of what ends soon, and of nothing that is made for as long', () => {
  const things = [thing('year', 340, 25), thing('new', 1, 364), thing('week', 3, 4), thing('late', 400, -1)]
  expect(endsSoon(things, now)).toEqual([
    '# TYPE iam_ends_in_seconds gauge',
    `iam_ends_in_seconds{kind="signing_key",id="year"} ${25 * 86_400}`,
    `iam_ends_in_seconds{kind="signing_key",id="late"} -86400`,
  ])
})
