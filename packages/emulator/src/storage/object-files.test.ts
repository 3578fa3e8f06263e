import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ObjectFiles } from './object-files.ts'

const object = {
  bucket: 'objects',
  name: 'a',
  contentType: 'text/plain',
  cacheControl: undefined,
  metadata: {},
}
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'objects-'))
})

afterEach(async () => {
  vi.useRealTimers()
  await rm(directory, { recursive: true })
})

test('lets generations grow although the clock was set back', () => {
  const files = new ObjectFiles(directory)
  files.createBucket('objects')
  const { generation } = files.write(object, Buffer.from('x'))
  vi.useFakeTimers({ now: 0, toFake: ['Date'] })
  expect(new ObjectFiles(directory).write(object, Buffer.from('y')).generation).toBeGreaterThan(generation)
})

test('finds after a restart what was written, and not what was being written', async () => {
  const files = new ObjectFiles(directory)
  files.createBucket('objects')
  files.write(object, Buffer.from('line\nline'))
  await writeFile(join(directory, 'objects', 'x.object.unfinished'), '{"bucket"')
  const restarted = new ObjectFiles(directory)
  const found = restarted.find('objects', 'a')
  expect(found && restarted.read(found).toString()).toBe('line\nline')
  expect(restarted.bucket('objects').size).toBe(1)
})

test('refuses names that nothing can have', () => {
  const files = new ObjectFiles(directory)
  for (const bucket of ['', '..', 'a', 'A-b-c', 'a/b', '.hidden']) {
    expect(() => files.createBucket(bucket)).toThrow(/Invalid bucket name/)
  }
  files.createBucket('objects')
  for (const name of ['', 'x'.repeat(1025)]) {
    expect(() => files.write({ ...object, name }, Buffer.alloc(0))).toThrow(/object name/)
  }
})
