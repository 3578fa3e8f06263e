import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ObjectStore, StoredObject } from './object-store.ts'

/** An empty store. */
export type ObjectStoreSubject = { store: ObjectStore; close: () => Promise<void> }

const options = { contentType: 'text/plain' }

/** What every `ObjectStore` must do, whatever is behind it. */
export function testObjectStore(open: () => Promise<ObjectStoreSubject>): void {
  let subject: ObjectStoreSubject
  beforeAll(async () => {
    subject = await open()
  })
  afterAll(() => subject.close())
  testReadingAndWriting(() => subject.store)
  testDeleting(() => subject.store)
  testPreconditions(() => subject.store)
  testConcurrency(() => subject.store)
  testNames(() => subject.store)
}

async function textOf(store: ObjectStore, name: string): Promise<string | undefined> {
  return (await store.read(name))?.body.toString()
}

function testReadingAndWriting(store: () => ObjectStore): void {
  test('finds nothing where nothing was written', async () => {
    expect(await store().read('missing')).toBeUndefined()
    await store().write('folder/object', Buffer.from('x'), options)
    expect(await store().read('folder/missing')).toBeUndefined()
  })

  test('gives back every byte, and the generation that was written', async () => {
    for (const body of [Buffer.alloc(0), Buffer.from([0, 13, 10, 255]), randomBytes(2_000_000)]) {
      const generation = await store().write('round-trip', body, options)
      expect(await store().read('round-trip')).toEqual({ body, generation })
    }
  })

  test('replaces whatever is there when it is not told what to expect', async () => {
    const first = await store().write('replaced', Buffer.from('first'), options)
    const second = await store().write('replaced', Buffer.from('second'), options)
    expect(await textOf(store(), 'replaced')).toBe('second')
    expect(second).not.toBe(first)
  })
}

function testDeleting(store: () => ObjectStore): void {
  test('deletes an object, and nothing where there is none', async () => {
    await store().write('folder/deleted', Buffer.from('x'), options)
    await store().write('folder/stays', Buffer.from('y'), options)
    for (let times = 0; times < 2; times += 1) await store().delete('folder/deleted')
    await store().delete('never/was')
    expect(await store().read('folder/deleted')).toBeUndefined()
    expect(await textOf(store(), 'folder/stays')).toBe('y')
    await store().write('folder/deleted', Buffer.from('again'), { ...options, ifGeneration: '0' })
    expect(await textOf(store(), 'folder/deleted')).toBe('again')
  })
}

function testPreconditions(store: () => ObjectStore): void {
  test('writes with 0 only where there is nothing', async () => {
    await store().write('once', Buffer.from('first'), { ...options, ifGeneration: '0' })
    const again = store().write('once', Buffer.from('second'), { ...options, ifGeneration: '0' })
    await expect(again).rejects.toMatchObject({ name: 'ObjectChangedError' })
    expect(await textOf(store(), 'once')).toBe('first')
  })

  test('writes only over the generation it expects', async () => {
    const first = await store().write('changing', Buffer.from('first'), options)
    const second = await store().write('changing', Buffer.from('second'), { ...options, ifGeneration: first })
    const late = store().write('changing', Buffer.from('late'), { ...options, ifGeneration: first })
    await expect(late).rejects.toMatchObject({ name: 'ObjectChangedError' })
    expect(await store().read('changing')).toEqual({ body: Buffer.from('second'), generation: second })
  })

  test('does not write where the expected object is missing', async () => {
    const generation = await store().write('there', Buffer.from('x'), options)
    const write = store().write('not-there', Buffer.from('x'), { ...options, ifGeneration: generation })
    await expect(write).rejects.toMatchObject({ name: 'ObjectChangedError' })
    expect(await store().read('not-there')).toBeUndefined()
  })
}

function testConcurrency(store: () => ObjectStore): void {
  test('lets one of many writers win that expect the same generation', async () => {
    for (const ifGeneration of ['0', await store().write('contested-too', Buffer.from('start'), options)]) {
      const name = ifGeneration === '0' ? 'contested' : 'contested-too'
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, (_, n) =>
          store().write(name, Buffer.from(String(n)), { ...options, ifGeneration }),
        ),
      )
      const winners = outcomes.flatMap((outcome, n) => (outcome.status === 'fulfilled' ? [String(n)] : []))
      expect(winners).toEqual([await textOf(store(), name)])
    }
  })

  test('never shows a reader a part of an object, or the generation of another', async () => {
    const bodies = ['a', 'b'].map((letter) => Buffer.from(letter.repeat(200_000)))
    const written = new Map<string, string>()
    const seen: StoredObject[] = []
    for (let round = 0; round < 10; round += 1) {
      for (const body of bodies) {
        const [generation, ...read] = await Promise.all([
          store().write('rewritten', body, options),
          ...Array.from({ length: 4 }, () => store().read('rewritten')),
        ])
        written.set(generation, body.toString())
        seen.push(...read.filter((object) => object !== undefined))
      }
    }
    expect(seen.length).toBeGreaterThan(0)
    for (const { body, generation } of seen) expect(body.toString()).toBe(written.get(generation))
  })
}

function testNames(store: () => ObjectStore): void {
  test.each([
    '',
    '..',
    '../x',
    'a/../b',
    '/a',
    'a/',
    'a//b',
    '.hidden',
    'a/.hidden',
    'a\\b',
    'a b',
    'a\0',
    'é',
    'a'.repeat(600),
  ])('refuses the name %j', async (name) => {
    await expect(store().read(name)).rejects.toBeInstanceOf(TypeError)
    await expect(store().delete(name)).rejects.toBeInstanceOf(TypeError)
    await expect(store().write(name, Buffer.from('x'), options)).rejects.toBeInstanceOf(TypeError)
  })

  test('keeps names with folders, dots and dashes apart', async () => {
    const names = ['key-set/jwks.jwt', 'key-set/jwks.json', 'key-set/old/jwks.jwt', 'jwks.jwt', '_x-1.2']
    for (const name of names) await store().write(name, Buffer.from(name), options)
    for (const name of names) expect(await textOf(store(), name)).toBe(name)
  })
}
