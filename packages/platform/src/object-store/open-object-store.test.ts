import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startStorageEmulator } from '@iam/emulator/storage'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openObjectStore } from './index.ts'

describe('openObjectStore', () => {
  const options = { contentType: 'text/plain' }
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'a volume '))
  })
  afterEach(() => rm(directory, { recursive: true }))

  test('opens the bucket that a gs URL names', async () => {
    const emulator = await startStorageEmulator({ buckets: ['objects'] })
    const store = await openObjectStore({ url: 'gs://objects', endpoint: emulator.endpoint })
    await store.write('folder/object', Buffer.from('in the bucket'), options)
    const response = await fetch(`${emulator.endpoint}/objects/folder/object`)
    expect(await response.text()).toBe('in the bucket')
    await emulator.stop()
  })

  test('opens the directory that a file URL names', async () => {
    const store = await openObjectStore({ url: pathToFileURL(directory).href })
    await store.write('folder/object', Buffer.from('on the volume'), options)
    expect(await readFile(join(directory, 'folder/object'), 'utf8')).toBe('on the volume')
  })

  test('refuses a directory that is not there, or is none', async () => {
    await writeFile(join(directory, 'file'), '')
    const url = (name: string) => pathToFileURL(join(directory, name)).href
    await expect(openObjectStore({ url: url('missing') })).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(openObjectStore({ url: url('file') })).rejects.toThrow('is not a directory')
  })

  test.each([
    '',
    'bucket',
    'gs://',
    'gs://bucket/folder',
    's3://bucket',
    '/directory',
    'file://host/directory',
  ])('refuses %j', async (url) => {
    await expect(openObjectStore({ url })).rejects.toBeInstanceOf(TypeError)
  })
})
