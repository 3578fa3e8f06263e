import { readFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { KeyManagementServiceClient } from '@google-cloud/kms'
import { credentials, status } from '@grpc/grpc-js'
import { type GoogleEmulator, startGoogleEmulator } from '@iam/emulator/google'
import { crc32c } from '@node-rs/crc32'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makeKmsProtos } from './generate-protos.ts'
import { type Kms, KmsError, openKms } from './index.ts'
import { testKms } from './kms.conformance.ts'

const location = 'projects/local/locations/europe-west1'
const ring = `${location}/keyRings/iam`
const keyName = `${ring}/cryptoKeys/data`
const versionName = `${ring}/cryptoKeys/signing/cryptoKeyVersions/1`
const service = 'KeyManagementService'
const text = Buffer.from('a secret')
const aad = Buffer.from('what it belongs to')

const signingKeys = [
  ['signing', { algorithm: 'EC_SIGN_P256_SHA256' }],
  ['rsa', { algorithm: 'RSA_SIGN_PKCS1_2048_SHA256' }],
  ['edwards', { algorithm: 'EC_SIGN_ED25519' }],
  ['versioned', { algorithm: 'EC_SIGN_P256_SHA256', protectionLevel: 'HSM' }],
] as const
const versionOf = (key: string) => `${ring}/cryptoKeys/${key}/cryptoKeyVersions/1`

async function startWithKeys(): Promise<GoogleEmulator> {
  const emulator = await startGoogleEmulator()
  const admin = new KeyManagementServiceClient({
    apiEndpoint: '127.0.0.1',
    port: emulator.port,
    sslCreds: credentials.createInsecure(),
    clientOptions: { universeDomain: 'googleapis.com' }, // else it asks the metadata server for it
  })
  await admin.createKeyRing({ parent: location, keyRingId: 'iam' })
  for (const cryptoKeyId of ['data', 'other']) {
    await admin.createCryptoKey({ parent: ring, cryptoKeyId, cryptoKey: { purpose: 'ENCRYPT_DECRYPT' } })
  }
  for (const [cryptoKeyId, versionTemplate] of signingKeys) {
    const cryptoKey = { purpose: 'ASYMMETRIC_SIGN', versionTemplate } as const
    await admin.createCryptoKey({ parent: ring, cryptoKeyId, cryptoKey })
  }
  await admin.close()
  return emulator
}

describe('Cloud KMS', () => {
  testKms(async () => {
    const emulator = await startWithKeys()
    const kms = await openKms({ endpoint: emulator.endpoint })
    return {
      kms,
      keyName,
      otherKeyName: `${ring}/cryptoKeys/other`,
      versionName,
      otherVersions: { RS256: versionOf('rsa'), EdDSA: versionOf('edwards') },
      versionedKeyName: `${ring}/cryptoKeys/versioned`,
      missingKeyName: `${ring}/cryptoKeys/missing`,
      close: async () => {
        kms.close()
        await emulator.stop()
      },
    }
  })
})

describe('in trouble', () => {
  let emulator: GoogleEmulator
  let kms: Kms
  let sealed: Buffer

  beforeAll(async () => {
    emulator = await startWithKeys()
    kms = await openKms({ endpoint: emulator.endpoint, deadlineMs: 10_000 })
    sealed = await kms.encrypt(keyName, text, aad)
  })

  afterEach(() => emulator.faults.clear())

  afterAll(async () => {
    kms.close()
    await emulator.stop()
  })

  /** How many calls of the method `work` makes, whatever becomes of it. */
  async function callsDuring(method: string, work: () => Promise<unknown>): Promise<number> {
    const before = emulator.calls.of(service, method)
    await work().catch(() => undefined)
    return emulator.calls.of(service, method) - before
  }

  /** Makes a call of that method, and no other that is not cached. */
  function use(subject: Kms, method: string): Promise<unknown> {
    if (method === 'Encrypt') return subject.encrypt(keyName, text, aad)
    if (method === 'Decrypt') return subject.decrypt(keyName, sealed, aad)
    if (method === 'AsymmetricSign') return subject.sign(versionName, text)
    return subject.publicKey(versionName)
  }

  test('tries again when KMS is unavailable for a moment', async () => {
    emulator.faults.inject({ service, method: 'Encrypt', code: 'UNAVAILABLE', calls: 2 })
    await expect(kms.encrypt(keyName, text, aad)).resolves.toBeInstanceOf(Buffer)
  })

  test('gives up after three attempts, and says that it may work later', async () => {
    emulator.faults.inject({ service, code: 'UNAVAILABLE' })
    const failing = () => kms.encrypt(keyName, text, aad)
    const failure = { code: status.UNAVAILABLE, retriable: true }
    await expect(failing()).rejects.toBeInstanceOf(KmsError)
    await expect(failing()).rejects.toMatchObject(failure)
    expect(await callsDuring('Encrypt', failing)).toBe(3)
  })

  test('does not press on a quota that is used up', async () => {
    emulator.faults.inject({ service, code: 'RESOURCE_EXHAUSTED' })
    const failing = () => kms.encrypt(keyName, text, aad)
    await expect(failing()).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED, retriable: true })
    expect(await callsDuring('Encrypt', failing)).toBe(1)
  })

  test('tries again when an attempt takes too long', async () => {
    const hasty = await openKms({ endpoint: emulator.endpoint, deadlineMs: 500, attempts: 20 })
    emulator.faults.inject({ service, method: 'Decrypt', latencyMs: 60_000, calls: 1 })
    const before = emulator.calls.of(service, 'Decrypt')
    expect(await hasty.decrypt(keyName, sealed, aad)).toEqual(text)
    expect(emulator.calls.of(service, 'Decrypt')).toBeGreaterThanOrEqual(before + 2)
    hasty.close()
  })

  test('fails when every attempt takes too long', async () => {
    emulator.faults.inject({ service, latencyMs: 60_000 })
    const hasty = await openKms({ endpoint: emulator.endpoint, deadlineMs: 50, attempts: 2 })
    const failing = hasty.encrypt(keyName, text, aad)
    await expect(failing).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED, retriable: true })
    hasty.close()
  })

  const wrongChecksum = { value: '1' }
  const foreign = Buffer.from('3006020101020101', 'hex') // a well-formed signature of nothing
  test.each([
    ['Encrypt', { name: `${ring}/cryptoKeys/other/cryptoKeyVersions/1` }],
    ['Encrypt', { verifiedPlaintextCrc32c: false }],
    ['Encrypt', { verifiedAdditionalAuthenticatedDataCrc32c: false }],
    ['Encrypt', { ciphertextCrc32c: wrongChecksum }],
    ['Encrypt', { ciphertextCrc32c: null }],
    ['Decrypt', { plaintextCrc32c: wrongChecksum }],
    ['Decrypt', { plaintext: Buffer.from('other bytes') }],
    ['AsymmetricSign', { name: `${ring}/cryptoKeys/signing/cryptoKeyVersions/2` }],
    ['AsymmetricSign', { verifiedDigestCrc32c: false }],
    ['AsymmetricSign', { signatureCrc32c: wrongChecksum }],
    ['AsymmetricSign', { signature: foreign, signatureCrc32c: { value: crc32c(foreign) } }],
    ['AsymmetricSign', { signature: text, signatureCrc32c: { value: crc32c(text) } }],
    ['GetPublicKey', { name: `${ring}/cryptoKeys/signing/cryptoKeyVersions/2` }],
    ['GetPublicKey', { pemCrc32c: wrongChecksum }],
  ])('takes no answer to %s with %o, and asks again', async (method, answer) => {
    const patient = await openKms({ endpoint: emulator.endpoint })
    emulator.faults.inject({ service, method, answer, calls: 1 })
    expect(await callsDuring(method, () => use(patient, method))).toBe(2)

    const impatient = await openKms({ endpoint: emulator.endpoint, attempts: 1 })
    emulator.faults.inject({ service, method, answer })
    await expect(use(impatient, method)).rejects.toMatchObject({ code: status.DATA_LOSS, retriable: true })
    patient.close()
    impatient.close()
  })

  test.each(['signing', 'rsa', 'edwards'])(
    'C26: C262: issues no signature by the key %s whose bytes, checksums or checks are wrong',
    async (key) => {
      for (const corrupt of ['bytes', 'checksums', 'verified'] as const) {
        const patient = await openKms({ endpoint: emulator.endpoint })
        await patient.publicKey(versionOf(key))
        emulator.faults.inject({ service, method: 'AsymmetricSign', corrupt, calls: 1 })
        expect(await callsDuring('AsymmetricSign', () => patient.sign(versionOf(key), text))).toBe(2)
        emulator.faults.inject({ service, method: 'AsymmetricSign', corrupt })
        await expect(patient.sign(versionOf(key), text)).rejects.toMatchObject({ code: status.DATA_LOSS })
        emulator.faults.clear()
        patient.close()
      }
    },
  )

  test('C26: issues no signature by another version of the key', async () => {
    const fresh = await openKms({ endpoint: emulator.endpoint, attempts: 1 })
    const other = await fresh.versions.create(`${ring}/cryptoKeys/signing`)
    const foreign = await fresh.sign(other.name, text)
    expect(foreign).toHaveLength(64)
    emulator.faults.inject({ service, method: 'AsymmetricSign', answer: { name: other.name } })
    await expect(fresh.sign(versionName, text)).rejects.toMatchObject({ code: status.DATA_LOSS })
    fresh.close()
  })

  test('C262: says that a version is disabled, and does not ask again at once', async () => {
    const fresh = await openKms({ endpoint: emulator.endpoint })
    const { name } = await fresh.versions.create(`${ring}/cryptoKeys/signing`)
    await fresh.sign(name, text)
    await fresh.versions.disable(name)
    const failing = () => fresh.sign(name, text)
    await expect(failing()).rejects.toMatchObject({ code: status.FAILED_PRECONDITION, retriable: false })
    expect(await callsDuring('AsymmetricSign', failing)).toBe(1)
    fresh.close()
  })

  test('C262: does not multiply an outage: retries are few, and then nobody is asked', async () => {
    let now = 0
    const fresh = await openKms({ endpoint: emulator.endpoint, attempts: 3, monotonic: () => now })
    emulator.faults.inject({ service, method: 'Encrypt', code: 'UNAVAILABLE' })
    const failing = () => fresh.encrypt(keyName, text, aad)
    const calls = await callsDuring('Encrypt', async () => {
      for (let n = 0; n < 50; n += 1) await failing().catch(() => undefined)
    })
    expect(calls).toBe(5 * 3) // five calls with three attempts each, and 45 that were not made
    expect(fresh.numbers()).toMatchObject({
      calls: { 'Encrypt UNAVAILABLE': 50 },
      retries: { Encrypt: 10 },
      breakers: { Encrypt: 'open' },
    })
    // Other methods have nothing to do with it.
    await expect(fresh.decrypt(keyName, sealed, aad)).resolves.toEqual(text)

    now += 5_000
    expect(await callsDuring('Encrypt', () => Promise.all([failing(), failing(), failing()]))).toBeLessThan(4)
    emulator.faults.clear()
    now += 5_000
    await expect(failing()).resolves.toBeInstanceOf(Buffer) // the one that finds out
    await expect(Promise.all([failing(), failing()])).resolves.toHaveLength(2)
    expect(fresh.numbers().breakers).toEqual({ Encrypt: 'closed', Decrypt: 'closed' })
    fresh.close()
  })

  test('has retries for a share of the calls only, once those saved up are spent', async () => {
    const fresh = await openKms({ endpoint: emulator.endpoint, attempts: 2, monotonic: () => 0 })
    const half = async (n: number) => {
      for (let call = 0; call < n; call += 1) {
        emulator.faults.inject({ service, method: 'Encrypt', code: 'UNAVAILABLE', calls: 1 })
        await fresh.encrypt(keyName, text, aad).catch(() => undefined)
        emulator.faults.clear()
        await fresh.encrypt(keyName, text, aad)
      }
    }
    await half(50) // a hundred calls, of which every other one fails at first
    const { retries } = fresh.numbers()
    expect(retries['Encrypt']).toBeGreaterThanOrEqual(10)
    expect(retries['Encrypt']).toBeLessThanOrEqual(10 + 10)
    fresh.close()
  })

  test('an exhausted quota opens no breaker: KMS answers', async () => {
    const fresh = await openKms({ endpoint: emulator.endpoint })
    emulator.faults.inject({ service, method: 'AsymmetricSign', code: 'RESOURCE_EXHAUSTED', calls: 20 })
    for (let n = 0; n < 20; n += 1) {
      await expect(fresh.sign(versionName, text)).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED })
    }
    await expect(fresh.sign(versionName, text)).resolves.toHaveLength(64)
    fresh.close()
  })

  test('makes no second version where the answer to the first was lost, and finds it by listing', async () => {
    const fresh = await openKms({ endpoint: emulator.endpoint })
    const key = `${ring}/cryptoKeys/signing`
    const before = await fresh.versions.list(key)
    const method = 'CreateCryptoKeyVersion'
    emulator.faults.inject({ service, method, code: 'UNAVAILABLE', afterEffect: true, calls: 1 })
    await expect(fresh.versions.create(key)).rejects.toMatchObject({ code: status.UNAVAILABLE })
    expect(await fresh.versions.list(key)).toHaveLength(before.length + 1)
    fresh.close()
  })

  test('is content with a destruction whose answer was lost', async () => {
    const fresh = await openKms({ endpoint: emulator.endpoint })
    const { name } = await fresh.versions.create(`${ring}/cryptoKeys/signing`)
    const method = 'DestroyCryptoKeyVersion'
    emulator.faults.inject({ service, method, code: 'UNAVAILABLE', afterEffect: true, calls: 1 })
    await fresh.versions.destroy(name)
    expect((await fresh.versions.get(name)).state).toBe('DESTROY_SCHEDULED')
    fresh.close()
  })

  test('counts what it asks and what that costs', async () => {
    const fresh = await openKms({ endpoint: emulator.endpoint, attempts: 1 })
    await fresh.sign(versionName, text)
    await fresh.sign(versionOf('edwards'), text)
    await fresh.versions.list(`${ring}/cryptoKeys/versioned`)
    await fresh.decrypt(`${ring}/cryptoKeys/missing`, text, aad).catch(() => undefined)
    const { calls, operations, versions, latency } = fresh.numbers()
    expect(calls).toEqual({
      'GetPublicKey OK': 2,
      'AsymmetricSign OK': 2,
      'ListCryptoKeyVersions OK': 1,
      'Decrypt NOT_FOUND': 1,
    })
    expect(operations).toEqual({
      'SOFTWARE GetPublicKey': 2,
      'SOFTWARE AsymmetricSign': 2,
      'ANY ListCryptoKeyVersions': 1,
    })
    expect(Object.keys(versions).every((name) => name.startsWith('HSM '))).toBe(true)
    expect(latency['AsymmetricSign']?.longest).toBeLessThanOrEqual(latency['AsymmetricSign']?.sum ?? 0)
    fresh.close()
  })

  test('asks for a public key once, however many need it', async () => {
    const fresh = await openKms({ endpoint: emulator.endpoint })
    const calls = await callsDuring('GetPublicKey', async () => {
      await Promise.all([
        fresh.sign(versionName, text),
        fresh.sign(versionName, text),
        fresh.publicKey(versionName),
      ])
      await fresh.sign(versionName, text)
    })
    expect(calls).toBe(1)
    fresh.close()
  })

  test('asks for a public key again when it could not be had', async () => {
    const fresh = await openKms({ endpoint: emulator.endpoint, attempts: 1 })
    emulator.faults.inject({ service, method: 'GetPublicKey', code: 'UNAVAILABLE', calls: 1 })
    await expect(fresh.publicKey(versionName)).rejects.toMatchObject({ code: status.UNAVAILABLE })
    await expect(fresh.publicKey(versionName)).resolves.toBeDefined()
    fresh.close()
  })

  test('leaves a connection that has gone silent', async () => {
    const sockets: Socket[] = []
    const proxy = createServer((socket) => {
      sockets.push(socket)
      const upstream = connect(emulator.port, '127.0.0.1')
      socket.pipe(upstream).pipe(socket)
      socket.on('error', () => upstream.destroy())
      upstream.on('error', () => socket.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const { port } = proxy.address() as { port: number }
    const behind = await openKms({ endpoint: `127.0.0.1:${port}`, deadlineMs: 2_000, attempts: 3 })
    await behind.encrypt(keyName, text, aad)
    for (const socket of sockets) socket.unpipe().pause() // open, and nothing comes through any more
    await expect(behind.encrypt(keyName, text, aad)).resolves.toBeInstanceOf(Buffer)
    behind.close()
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })

  test('opens while KMS is down, and works once it is up', async () => {
    const stopped = await startGoogleEmulator()
    await stopped.stop()
    const early = await openKms({ endpoint: stopped.endpoint, attempts: 1 })
    await expect(early.encrypt(keyName, text, aad)).rejects.toMatchObject({ code: status.UNAVAILABLE })
    const restarted = await startGoogleEmulator({ port: stopped.port })
    const missing = { code: status.NOT_FOUND }
    await expect
      .poll(() => early.encrypt(keyName, text, aad).catch((error: unknown) => error))
      .toMatchObject(missing)
    early.close()
    await restarted.stop()
  })
})

test('speaks the wire format of the installed client', async () => {
  const written = await readFile(new URL('kms-protos.generated.json', import.meta.url), 'utf8')
  expect(written).toBe(await makeKmsProtos())
})
