import { readFileSync } from 'node:fs'
import { problemKinds } from '@iam/iam-api/problem-codes'
import { expect, test } from 'vitest'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

test('the README lists every error with its status and title, in the order of the code', () => {
  const table = [...readme.matchAll(/^\| `(\w+)` \| (\d{3}) \| (.+) \|$/gm)].map(
    ([, code, status, title]) => ({
      code,
      status: Number(status),
      title,
    }),
  )
  const expected = Object.entries(problemKinds).map(([code, { status, title }]) => ({ code, status, title }))
  expect(table).toEqual(expected)
})

test('the README names every folder of the domain', () => {
  const nouns = [
    'kit',
    'db',
    'session',
    'user',
    'credential',
    'client',
    'tenant',
    'access-token',
    'opaque-token',
  ]
  for (const noun of [
    ...nouns,
    'status-list',
    'signing-key',
    'secret-key',
    'key-set',
    'audit',
    'outbox',
    'event-schema',
    'lease',
  ]) {
    expect(readme).toContain(`${noun}/`)
  }
})
