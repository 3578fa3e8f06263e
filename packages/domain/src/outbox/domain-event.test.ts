import { expect, test } from 'vitest'
import { eventSchemas } from '../event-schema/index.ts'
import { eventTypes } from './domain-event.ts'

const kinds = Object.entries(eventTypes).map(([type, kind]) => ({ type, ...kind }))

test.each(kinds)('$type is kept as its schema promises', ({ type, version, retention }) => {
  expect(eventSchemas[`${type}.v${version}`]?.retention).toBe(retention)
})

test('every schema is of an event that is published, in its version now or an earlier one', () => {
  const published = kinds.flatMap(({ type, version }) =>
    Array.from({ length: version }, (_, n) => `${type}.v${n + 1}`),
  )
  expect(Object.keys(eventSchemas).filter((name) => !published.includes(name))).toEqual([])
})
