import { expect, test } from 'vitest'
import { keepApart } from './keep-apart.ts'

test('a key’s id that begins with a dash is no option', () => {
  const kid = `-${'k'.repeat(42)}`
  expect(keepApart(['node', 'iam', 'keys', 'compromise', kid, '--dry-run'])).toEqual([
    'node',
    'iam',
    'keys',
    'compromise',
    '--dry-run',
    '--',
    kid,
  ])
  const others = ['node', 'iam', 'keys', 'compromise', 'k'.repeat(43), '--dry-run', '-h']
  expect(keepApart(others)).toEqual(others)
})
