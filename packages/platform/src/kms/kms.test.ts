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
  const versionTemplate = { algorithm: 'EC_SIGN_P256_SHA256' } as const
  const cryptoKey = { purpose: 'ASYMMETRIC_SIGN', versionTemplate } as const
  await admin.createCryptoKey({ parent: ring, cryptoKeyId: 'signing', cryptoKey })
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
