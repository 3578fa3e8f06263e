import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DirectoryStore } from './directory-store.ts'
import { testObjectStore } from './object-store.conformance.ts'

describe('a directory', () => {
  testObjectStore(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'objects-'))
    return { store: new DirectoryStore(directory), close: () => rm(directory, { recursive: true }) }
  })
})

describe('on a volume', () => {
  const options = { contentType: 'text/plain' }
  let directory: string
  let store: DirectoryStore

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'objects-'))
    store = new DirectoryStore(directory)
  })

  afterEach(() => rm(directory, { recursive: true }))

  test('keeps objects as plain files of their names, and nothing else', async () => {
    await store.write('key-set/jwks.jwt', Buffer.from('document'), options)
    await store.write('key-set/jwks.jwt', Buffer.from('newer'), options)
    expect(await readFile(join(directory, 'key-set/jwks.jwt'), 'utf8')).toBe('newer')
    expect((await readdir(directory, { recursive: true })).toSorted()).toEqual([
      'key-set',
      'key-set/jwks.jwt',
    ])
  })

  test('sees what another process put there', async () => {
    const generation = await store.write('shared', Buffer.from('ours'), options)
    await writeFile(join(directory, 'shared'), 'theirs')
    const write = store.write('shared', Buffer.from('x'), { ...options, ifGeneration: generation })
    await expect(write).rejects.toMatchObject({ name: 'ObjectChangedError' })
  })

  test('takes over the lock of a writer that died, and none of one that lives', async () => {
    await store.write('locked', Buffer.from('x'), options)
    const lock = join(directory, '.locked.lock')
    await writeFile(lock, '')
    const order: string[] = []
    const waiting = store.write('locked', Buffer.from('y'), options).then(() => order.push('written'))
    await store.write('another', Buffer.from('x'), options).then(() => order.push('another'))
    order.push('released')
    await utimes(lock, new Date(0), new Date(0)) // as if it had been there for long
    await waiting
    expect(order).toEqual(['another', 'released', 'written'])
  })

  test('lets one of several stores on the same directory win', async () => {
    const stores = Array.from({ length: 8 }, () => new DirectoryStore(directory))
    const writes = stores.map((each, n) =>
      each.write('one', Buffer.from(String(n)), { ...options, ifGeneration: '0' }),
    )
    const outcomes = await Promise.allSettled(writes)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})
