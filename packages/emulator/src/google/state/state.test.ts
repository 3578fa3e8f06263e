import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { State } from './state.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'state-'))
})

afterEach(() => rm(directory, { recursive: true }))

/** What a new process finds; the state it opened is closed again. */
function rowsAfterRestart(table: string) {
  const state = new State(directory)
  const rows = [...state.table(table).entries()]
  state.close()
  return rows
}

test('keeps rows, changes and deletions in the order of insertion', () => {
  const state = new State(directory)
  const table = state.table<{ n: number }>('things')
  table.set('b', { n: 1 })
  table.set('a', { n: 2 })
  table.set('b', { n: 3 })
  table.set('c', { n: 4 })
  table.delete('c')
  state.close()
  expect(rowsAfterRestart('things')).toEqual([
    ['b', { n: 3 }],
    ['a', { n: 2 }],
  ])
})

test('drops a line that was being written when the process died, and goes on after it', async () => {
  const first = new State(directory)
  first.table('things').set('whole', 1)
  first.close()
  await appendFile(join(directory, 'journal.jsonl'), '["things","torn",')
  const second = new State(directory)
  second.table('things').set('next', 2)
  second.close()
  expect(rowsAfterRestart('things')).toEqual([
    ['whole', 1],
    ['next', 2],
  ])
})

test('refuses a damaged journal rather than lose what is in it', async () => {
  const state = new State(directory)
  state.close()
  await writeFile(join(directory, 'journal.jsonl'), 'not json\n')
  expect(() => new State(directory)).toThrow(/damaged/)
})

test('rewrites its journal before superseded rows outgrow it', async () => {
  const state = new State(directory)
  const table = state.table('things')
  for (let n = 0; n <= 30_000; n += 1) table.set('same', n)
  state.close()
  const journal = await readFile(join(directory, 'journal.jsonl'), 'utf8')
  expect(journal.split('\n').length).toBeLessThan(20_000)
  expect(rowsAfterRestart('things')).toEqual([['same', 30_000]])
})

test('lets nobody else read the keys in it', async () => {
  const state = new State(directory)
  state.close()
  expect((await stat(join(directory, 'journal.jsonl'))).mode & 0o777).toBe(0o600)
})

test('takes over from a process that died', async () => {
  await writeFile(join(directory, 'lock'), String(process.pid)) // its id given again
  expect(rowsAfterRestart('things')).toEqual([])
  await writeFile(join(directory, 'lock'), '') // killed before it wrote its id
  expect(rowsAfterRestart('things')).toEqual([])
})
