import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { startStorageEmulator } from '@iam/emulator/storage'
import { describe, expect, test } from 'vitest'
import { testObjectStore } from './object-store.conformance.ts'
import { openGcsStore } from './open-gcs-store.ts'

async function startWithBucket() {
  const emulator = await startStorageEmulator({ buckets: ['objects'] })
  return { emulator, store: await openGcsStore({ bucket: 'objects', endpoint: emulator.endpoint }) }
}

describe('Cloud Storage', () => {
  testObjectStore(async () => {
    const { emulator, store } = await startWithBucket()
    return { store, close: emulator.stop }
  })
})

test('stores the content type and cache control for those who read over HTTP', async () => {
  const { emulator, store } = await startWithBucket()
  const options = { contentType: 'application/jwk-set+jwt', cacheControl: 'no-store' }
  await store.write('key-set/jwks.jwt', Buffer.from('document'), options)
  const response = await fetch(`${emulator.endpoint}/objects/key-set/jwks.jwt`)
  expect(response.headers.get('content-type')).toBe(options.contentType)
  expect(response.headers.get('cache-control')).toBe(options.cacheControl)
  await emulator.stop()
})

test('fails, and does not find nothing, when the bucket is missing or the store is down', async () => {
  const { emulator, store } = await startWithBucket()
  const elsewhere = await openGcsStore({ bucket: 'missing', endpoint: emulator.endpoint })
  await expect(elsewhere.write('x', Buffer.from('x'), { contentType: 'text/plain' })).rejects.toMatchObject({
    code: 404,
  })
  await emulator.stop()
  await expect(store.read('x')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('waits for no store that takes a request and never answers', async () => {
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  const store = await openGcsStore({
    bucket: 'objects',
    endpoint: `http://127.0.0.1:${port}`,
    timeoutMs: 100,
  })
  const options = { contentType: 'text/plain' }
  const outcomes = await Promise.allSettled([
    store.read('x'),
    store.write('x', Buffer.from('x'), options),
    store.write('x', Buffer.from('x'), { ...options, ifGeneration: '0' }),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  silent.closeAllConnections()
  silent.close()
})

test('asks no metadata server who it is, when it speaks to an emulator', async () => {
  const asked: (string | undefined)[] = []
  const metadata = createServer((request, response) => {
    asked.push(request.url)
    response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => metadata.listen(0, '127.0.0.1', resolve))
  const { port } = metadata.address() as AddressInfo
  const { emulator, store } = await startWithBucket()
  // In a process of its own: the library asks once in a process and remembers.
  const program = `
    const { openGcsStore } = await import(${JSON.stringify(new URL('open-gcs-store.ts', import.meta.url).href)})
    const store = await openGcsStore({ bucket: 'objects', endpoint: '${emulator.endpoint}' })
    await store.write('written', Buffer.from('x'), { contentType: 'text/plain' })`
  const env = { GCE_METADATA_HOST: `127.0.0.1:${port}` }
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { env })
  expect(await store.read('written')).toBeDefined()
  expect(asked).toEqual([])
  metadata.close()
  await emulator.stop()
})
