import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bucket, Storage } from '@google-cloud/storage'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StorageEmulator, startStorageEmulator } from './index.ts'

let emulator: StorageEmulator
let bucket: Bucket

beforeAll(async () => {
  emulator = await startStorageEmulator()
  const [created] = await connect(emulator).createBucket('keys')
  bucket = created
})

afterAll(() => emulator.stop())

function connect({ endpoint }: StorageEmulator): Storage {
  return new Storage({ apiEndpoint: endpoint, projectId: 'local', retryOptions: { autoRetry: false } })
}

async function save(name: string, text: string, options: object = {}): Promise<string> {
  const file = bucket.file(name)
  await file.save(text, { resumable: false, ...options })
  return String(file.metadata.generation)
}

function readPublicly(path: string, headers: Record<string, string> = {}) {
  return fetch(`${emulator.endpoint}/${path}`, { headers })
}

test('makes a bucket once, and finds it', async () => {
  await expect(bucket.exists()).resolves.toEqual([true])
  await expect(bucket.storage.bucket('missing').exists()).resolves.toEqual([false])
  await expect(bucket.storage.createBucket('keys')).rejects.toMatchObject({ code: 409 })
  await expect(bucket.storage.createBucket('../keys')).rejects.toMatchObject({ code: 400 })
})

test('gives back what was stored, byte for byte, and what is known of it', async () => {
  const bytes = Buffer.from([0, 13, 10, 45, 45, 255, 13, 10])
  const metadata = { cacheControl: 'public, max-age=5', metadata: { made: 'by a test' } }
  await bucket
    .file('a/b c?.bin')
    .save(bytes, { resumable: false, contentType: 'application/jwk-set+jwt', metadata })
  const [body] = await bucket.file('a/b c?.bin').download() // the client compares the checksum itself
  expect(body).toEqual(bytes)
  const [known] = await bucket.file('a/b c?.bin').getMetadata()
  expect(known).toMatchObject({ ...metadata, contentType: 'application/jwk-set+jwt', size: '8' })
})

test('takes a simple upload', async () => {
  const url = `${emulator.endpoint}/upload/storage/v1/b/keys/o?uploadType=media&name=simple`
  const response = await fetch(url, {
    method: 'POST',
    body: 'plain',
    headers: { 'content-type': 'text/plain' },
  })
  expect(response.status).toBe(200)
  expect(String(await bucket.file('simple').download())).toBe('plain')
})

test('gives every write a greater generation', async () => {
  const generations: bigint[] = []
  for (const name of ['g1', 'g2', 'g1', 'g1', 'g2']) generations.push(BigInt(await save(name, 'same')))
  expect(generations).toEqual(generations.toSorted((a, b) => (a < b ? -1 : 1)))
  expect(new Set(generations).size).toBe(5)
})

test('writes only over the generation that is expected, and 0 only where there is nothing', async () => {
  const expecting = (ifGenerationMatch: string) => ({ preconditionOpts: { ifGenerationMatch } })
  const refused = { code: 412 }
  await expect(save('cas', 'x', expecting('1'))).rejects.toMatchObject(refused)
  const first = await save('cas', 'first', expecting('0'))
  await expect(save('cas', 'x', expecting('0'))).rejects.toMatchObject(refused)
  const second = await save('cas', 'second', expecting(first))
  await expect(save('cas', 'x', expecting(first))).rejects.toMatchObject(refused)
  expect(String(await bucket.file('cas').download())).toBe('second')
  await expect(bucket.file('cas').delete({ ifGenerationMatch: first })).rejects.toMatchObject(refused)
  await bucket.file('cas').delete({ ifGenerationMatch: second })
  await expect(bucket.file('cas').exists()).resolves.toEqual([false])
})

test('refuses an upload whose checksum is of other bytes, and stores nothing', async () => {
  const metadata = { md5Hash: Buffer.alloc(16).toString('base64') }
  await expect(save('checked', 'x', { metadata, validation: false })).rejects.toMatchObject({ code: 400 })
  await expect(bucket.file('checked').exists()).resolves.toEqual([false])
})

test('lists the names with a prefix in order, a page at a time', async () => {
  for (const name of ['list/c', 'list/a', 'list/b', 'other']) await save(name, 'x')
  const [all] = await bucket.getFiles({ prefix: 'list/' })
  expect(all.map(({ name }) => name)).toEqual(['list/a', 'list/b', 'list/c'])
  const [firstPage, next] = await bucket.getFiles({ prefix: 'list/', maxResults: 2, autoPaginate: false })
  expect(firstPage.map(({ name }) => name)).toEqual(['list/a', 'list/b'])
  const [secondPage] = await bucket.getFiles(next as object)
  expect(secondPage.map(({ name }) => name)).toEqual(['list/c'])
})

test('answers 404 for what is not there, and 501 for what it does not do', async () => {
  await expect(bucket.file('missing').download()).rejects.toMatchObject({ code: 404 })
  await expect(bucket.file('missing').delete()).rejects.toMatchObject({ code: 404 })
  await expect(
    bucket.storage.bucket('missing').file('x').save('x', { resumable: false }),
  ).rejects.toMatchObject({
    code: 404,
  })
  await expect(bucket.file('resumed').save('x', { resumable: true })).rejects.toThrow(/501/)
  await expect(bucket.getFiles({ delimiter: '/' })).rejects.toMatchObject({ code: 501 })
})

test('serves plain reads with the headers a cache needs', async () => {
  const metadata = { cacheControl: 'public, max-age=60' }
  const generation = await save('public/jwks.json', '{"keys":[]}', {
    contentType: 'application/json',
    metadata,
  })
  const response = await readPublicly('keys/public/jwks.json')
  expect(response.status).toBe(200)
  expect(await response.text()).toBe('{"keys":[]}')
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/json',
    'cache-control': 'public, max-age=60',
    'x-goog-generation': generation,
  })
  const head = await fetch(`${emulator.endpoint}/keys/public/jwks.json`, { method: 'HEAD' })
  expect(head.headers.get('content-length')).toBe('11')
})

test('answers 304 while the tag of a plain read is still the right one', async () => {
  await save('public/tagged', 'one', { metadata: { cacheControl: 'public, max-age=60' } })
  const etag = (await readPublicly('keys/public/tagged')).headers.get('etag') as string
  for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const unchanged = await readPublicly('keys/public/tagged', { 'if-none-match': tag })
    expect([unchanged.status, await unchanged.text()]).toEqual([304, ''])
    expect(unchanged.headers.get('cache-control')).toBe('public, max-age=60')
    expect(unchanged.headers.has('content-length')).toBe(false)
  }
  await save('public/tagged', 'two')
  const changed = await readPublicly('keys/public/tagged', { 'if-none-match': etag })
  expect([changed.status, await changed.text()]).toEqual([200, 'two'])
})

test('answers a plain read of what is not there with 404, and of what is no path with 400', async () => {
  for (const path of ['keys/missing', 'missing/x', 'keys/..%2F..%2Fetc%2Fpasswd', 'keys', '']) {
    expect((await readPublicly(path)).status).toBe(404)
  }
  expect((await readPublicly('keys/%ff')).status).toBe(400)
})

test('keeps its objects and the order of generations over a restart', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'objects-'))
  const before = await startStorageEmulator({ directory })
  const [kept] = await connect(before).createBucket('kept')
  const file = kept.file('a/name/of/'.repeat(80))
  await file.save('still here', { resumable: false })
  await expect(startStorageEmulator({ directory })).rejects.toThrow(/in use/)
  await before.stop()

  const after = await startStorageEmulator({ directory })
  const again = connect(after).bucket('kept').file(file.name)
  expect(String(await again.download())).toBe('still here')
  await again.save('newer', {
    resumable: false,
    preconditionOpts: { ifGenerationMatch: file.metadata.generation ?? '' },
  })
  expect(BigInt(again.metadata.generation ?? 0)).toBeGreaterThan(BigInt(file.metadata.generation ?? 0))
  await after.stop()
  await rm(directory, { recursive: true })
})
