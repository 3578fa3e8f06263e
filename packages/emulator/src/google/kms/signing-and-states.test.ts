import { constants, createPublicKey, hash, type KeyObject, verify } from 'node:crypto'
import { KeyManagementServiceClient } from '@google-cloud/kms'
import { credentials, status } from '@grpc/grpc-js'
import { crc32c } from '@node-rs/crc32'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../index.ts'

const location = 'projects/local/locations/europe-west1'
const ring = `${location}/keyRings/iam`
const text = Buffer.from('what is signed')
const day = 24 * 3600

let emulator: GoogleEmulator
let kms: KeyManagementServiceClient

beforeAll(async () => {
  emulator = await startGoogleEmulator()
  kms = new KeyManagementServiceClient({
    apiEndpoint: '127.0.0.1',
    port: emulator.port,
    sslCreds: credentials.createInsecure(),
    projectId: 'local',
    clientOptions: { universeDomain: 'googleapis.com' }, // else it asks the metadata server for it
  })
  await kms.createKeyRing({ parent: location, keyRingId: 'iam' })
})

afterEach(() => emulator.faults.clear())

afterAll(async () => {
  await kms.close()
  await emulator.stop()
})

type KeyTemplate = NonNullable<NonNullable<Parameters<typeof kms.createCryptoKey>[0]>['cryptoKey']>
let keys = 0

/** @returns the name of the new key's first version. */
async function firstVersion(cryptoKey: KeyTemplate): Promise<string> {
  keys += 1
  const [key] = await kms.createCryptoKey({ parent: ring, cryptoKeyId: `key-${keys}`, cryptoKey })
  return `${key.name}/cryptoKeyVersions/1`
}

type AlgorithmName = NonNullable<NonNullable<NonNullable<KeyTemplate>['versionTemplate']>['algorithm']>

function signs(algorithm: AlgorithmName, protectionLevel: 'SOFTWARE' | 'HSM' = 'SOFTWARE'): KeyTemplate {
  return { purpose: 'ASYMMETRIC_SIGN', versionTemplate: { algorithm, protectionLevel } }
}

const p256 = () => firstVersion(signs('EC_SIGN_P256_SHA256'))

async function publicKey(name: string): Promise<KeyObject> {
  const [{ pem }] = await kms.getPublicKey({ name })
  return createPublicKey(pem as string)
}

const bytes = (value: Uint8Array | string | null | undefined): Buffer => Buffer.from(value as Uint8Array)
const checksum = (of: Buffer) => ({ value: crc32c(of) })
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }

describe('signing', () => {
  test.each([
    ['EC_SIGN_P256_SHA256', {}, undefined],
    ['RSA_SIGN_PKCS1_2048_SHA256', {}, 2048],
    ['RSA_SIGN_PKCS1_3072_SHA256', {}, 3072],
    ['RSA_SIGN_PKCS1_4096_SHA256', {}, 4096],
    ['RSA_SIGN_PSS_2048_SHA256', pss, 2048],
  ] as const)(
    '%s signs a digest, and data alike, so that any library verifies it',
    async (algorithm, how, bits) => {
      const name = await firstVersion(signs(algorithm))
      const key = await publicKey(name)
      expect(key.asymmetricKeyDetails?.modulusLength).toBe(bits)
      const sha256 = hash('sha256', text, 'buffer')
      const [ofDigest] = await kms.asymmetricSign({
        name,
        digest: { sha256 },
        digestCrc32c: checksum(sha256),
      })
      const [ofData] = await kms.asymmetricSign({ name, data: text, dataCrc32c: checksum(text) })
      for (const { signature, signatureCrc32c } of [ofDigest, ofData]) {
        expect(verify('sha256', text, { key, ...how }, bytes(signature))).toBe(true)
        expect(Number(signatureCrc32c?.value)).toBe(crc32c(bytes(signature)))
      }
      expect(ofDigest).toMatchObject({ name, verifiedDigestCrc32c: true, verifiedDataCrc32c: false })
    },
    60_000,
  )

  test('EC_SIGN_ED25519 signs data, and takes no digest', async () => {
    const name = await firstVersion(signs('EC_SIGN_ED25519'))
    const key = await publicKey(name)
    const [signed] = await kms.asymmetricSign({ name, data: text, dataCrc32c: checksum(text) })
    expect(bytes(signed.signature)).toHaveLength(64)
    expect(verify(null, text, key, bytes(signed.signature))).toBe(true)
    expect(signed).toMatchObject({ verifiedDataCrc32c: true, verifiedDigestCrc32c: false })
    const sha256 = hash('sha256', text, 'buffer')
    await expect(kms.asymmetricSign({ name, digest: { sha256 } })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    })
  })
})

test('HMAC_SHA256 makes codes, and tells its own from any other', async () => {
  const mac = { purpose: 'MAC', versionTemplate: { algorithm: 'HMAC_SHA256' } } as const
  const name = await firstVersion(mac)
  const [signed] = await kms.macSign({ name, data: text, dataCrc32c: checksum(text) })
  const code = bytes(signed.mac)
  expect(code).toHaveLength(32)
  expect(Number(signed.macCrc32c?.value)).toBe(crc32c(code))
  expect(signed.verifiedDataCrc32c).toBe(true)
  const [right] = await kms.macVerify({ name, data: text, mac: code, macCrc32c: checksum(code) })
  expect(right).toMatchObject({ success: true, verifiedSuccessIntegrity: true, verifiedMacCrc32c: true })
  const [other] = await kms.macVerify({ name, data: text, mac: code.subarray(1) })
  expect(other).toMatchObject({ success: false, verifiedSuccessIntegrity: false, verifiedMacCrc32c: false })
  const refused = { code: status.FAILED_PRECONDITION }
  await expect(kms.macSign({ name: await p256(), data: text })).rejects.toMatchObject(refused)
  await expect(kms.asymmetricSign({ name, data: text })).rejects.toMatchObject(refused)
})

describe('the states of a version', () => {
  const refused = { code: status.FAILED_PRECONDITION }
  const sign = (name: string) => kms.asymmetricSign({ name, data: text })
  const stateOf = async (name: string) => (await kms.getCryptoKeyVersion({ name }))[0].state
  const set = (name: string, state: 'ENABLED' | 'DISABLED' | 'DESTROYED') =>
    kms.updateCryptoKeyVersion({ cryptoKeyVersion: { name, state }, updateMask: { paths: ['state'] } })

  test('in an HSM it is generated in its own time, and does nothing until then', async () => {
    const name = await firstVersion(signs('EC_SIGN_P256_SHA256', 'HSM'))
    await expect(sign(name)).rejects.toMatchObject(refused)
    await expect(kms.getPublicKey({ name })).rejects.toMatchObject(refused)
    await expect(kms.destroyCryptoKeyVersion({ name })).rejects.toMatchObject(refused)
    await expect(set(name, 'DISABLED')).rejects.toMatchObject(refused)
    const [seen] = await kms.getCryptoKeyVersion({ name })
    expect(seen).toMatchObject({ state: 'PENDING_GENERATION', generateTime: null })
    await expect.poll(() => stateOf(name)).toBe('ENABLED')
    await expect(sign(name)).resolves.toBeDefined()
    const parent = name.replace(/\/cryptoKeyVersions.*/, '')
    const [second] = await kms.createCryptoKeyVersion({ parent })
    expect(second).toMatchObject({ name: `${parent}/cryptoKeyVersions/2`, state: 'PENDING_GENERATION' })
  })

  test('disabled it does nothing, and enabled again it goes on', async () => {
    const name = await p256()
    const key = await publicKey(name)
    const [disabled] = await set(name, 'DISABLED')
    expect(disabled.state).toBe('DISABLED')
    await expect(sign(name)).rejects.toMatchObject(refused)
    await expect(kms.getPublicKey({ name })).rejects.toMatchObject(refused)
    await set(name, 'ENABLED')
    const [signed] = await sign(name)
    expect(verify('sha256', text, key, bytes(signed.signature))).toBe(true)
    await expect(set(name, 'DESTROYED')).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
  })

  test('a destruction is scheduled, can be taken back, and comes in the end', async () => {
    const name = await firstVersion({
      ...signs('EC_SIGN_P256_SHA256'),
      destroyScheduledDuration: { seconds: day },
    })
    const key = await publicKey(name)
    const [scheduled] = await kms.destroyCryptoKeyVersion({ name })
    expect(scheduled).toMatchObject({ state: 'DESTROY_SCHEDULED', destroyEventTime: null })
    expect(Number(scheduled.destroyTime?.seconds) - Date.now() / 1000).toBeGreaterThan(day - 600)
    await expect(sign(name)).rejects.toMatchObject(refused)
    await expect(kms.destroyCryptoKeyVersion({ name })).rejects.toMatchObject(refused)
    await expect(set(name, 'ENABLED')).rejects.toMatchObject(refused)

    const [restored] = await kms.restoreCryptoKeyVersion({ name })
    expect(restored).toMatchObject({ state: 'DISABLED', destroyTime: null })
    await expect(kms.restoreCryptoKeyVersion({ name })).rejects.toMatchObject(refused)
    await set(name, 'ENABLED')
    const [signed] = await sign(name)
    expect(verify('sha256', text, key, bytes(signed.signature))).toBe(true)

    await kms.destroyCryptoKeyVersion({ name })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + (day + 1) * 1000 })
    try {
      const [destroyed] = await kms.getCryptoKeyVersion({ name })
      expect(destroyed).toMatchObject({ state: 'DESTROYED', destroyTime: null })
      expect(destroyed.destroyEventTime).not.toBeNull()
      await expect(kms.restoreCryptoKeyVersion({ name })).rejects.toMatchObject(refused)
      await expect(sign(name)).rejects.toMatchObject(refused)
      const parent = name.replace(/\/cryptoKeyVersions.*/, '')
      const [listed] = await kms.listCryptoKeyVersions({ parent })
      expect(listed.map(({ state }) => state)).toEqual(['DESTROYED'])
    } finally {
      vi.useRealTimers()
    }
  })

  test('is to be destroyed after 30 days, or from one day to 120 where the key says so', async () => {
    const version = await p256()
    const [key] = await kms.getCryptoKey({ name: version.replace(/\/cryptoKeyVersions.*/, '') })
    expect(Number(key.destroyScheduledDuration?.seconds)).toBe(30 * day)
    for (const seconds of [day - 1, 120 * day + 1]) {
      const wrong = { ...signs('EC_SIGN_P256_SHA256'), destroyScheduledDuration: { seconds } }
      await expect(firstVersion(wrong)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
    }
  })
})

describe('an answer that is corrupt on purpose', () => {
  const service = 'KeyManagementService'

  test('has other checksums than its bytes', async () => {
    const name = await p256()
    emulator.faults.inject({ service, method: 'AsymmetricSign', corrupt: 'checksums', calls: 1 })
    const [signed] = await kms.asymmetricSign({ name, data: text, dataCrc32c: checksum(text) })
    expect(Number(signed.signatureCrc32c?.value)).not.toBe(crc32c(bytes(signed.signature)))
    expect(signed.verifiedDataCrc32c).toBe(true)
  })

  test('says that nothing was verified', async () => {
    const name = await p256()
    emulator.faults.inject({ service, method: 'AsymmetricSign', corrupt: 'verified', calls: 1 })
    const [signed] = await kms.asymmetricSign({ name, data: text, dataCrc32c: checksum(text) })
    expect(signed).toMatchObject({ verifiedDataCrc32c: false, verifiedDigestCrc32c: false })
    expect(Number(signed.signatureCrc32c?.value)).toBe(crc32c(bytes(signed.signature)))
  })

  test('has a signature that is none, under a checksum that fits', async () => {
    const name = await p256()
    const key = await publicKey(name)
    emulator.faults.inject({ service, method: 'AsymmetricSign', corrupt: 'bytes', calls: 1 })
    const [signed] = await kms.asymmetricSign({ name, data: text })
    expect(Number(signed.signatureCrc32c?.value)).toBe(crc32c(bytes(signed.signature)))
    expect(verify('sha256', text, key, bytes(signed.signature))).toBe(false)
  })

  test('is not asked for by a misspelt name', () => {
    const fault = { service, corrupt: 'checksum' as 'checksums' }
    expect(() => emulator.faults.inject(fault)).toThrow('No corruption')
  })
})
