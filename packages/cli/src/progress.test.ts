import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { openProgress } from './progress.ts'

function watched(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY })
  return { progress: openProgress(stream), written: () => String(stream.read() ?? '') }
}

test('where somebody looks there is a bar, which gives way to lines and goes at the end', () => {
  const { progress, written } = watched(true)
  progress.step('streams', 4, 4)
  expect(written()).toBe(`\r\u001B[Kstreams [${'#'.repeat(24)}] 4/4`)
  progress.say('a line')
  expect(written()).toBe('\r\u001B[Ka line\n')
  progress.step('streams', 0, 0)
  written()
  progress.end()
  progress.end()
  expect(written()).toBe('\r\u001B[K')
})

test('where nobody looks there is a line for each tenth, and no control character', () => {
  const { progress, written } = watched(false)
  for (let done = 1; done <= 95; done += 1) progress.step('streams', done, 95)
  progress.end()
  const lines = written().trimEnd().split('\n')
  expect(lines).toHaveLength(10)
  expect(lines.at(-1)).toBe('streams 95/95')
  for (let done = 1; done <= 20_001; done += 1) progress.step('lines', done)
  expect(written()).toBe('lines 10000\nlines 20000\n')
})
