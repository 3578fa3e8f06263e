import { createHash, createPublicKey, verify } from 'node:crypto'
import { KeyManagementServiceClient } from '@google-cloud/kms'
import { credentials, status } from '@grpc/grpc-js'
import { crc32c } from '@node-rs/crc32'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GoogleEmulator, startGoogleEmulator } from '../index.ts'

const location = 'projects/local/locations/europe-west1'
const ring = `${location}/keyRings/iam`
const dataKey = `${ring}/cryptoKeys/data`
const signingKey = `${ring}/cryptoKeys/signing`
const signingVersion = `${signingKey}/cryptoKeyVersions/1`
const text = Buffer.from('a secret')
const aad = Buffer.from('what it belongs to')

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
  await createKey('data', { purpose: 'ENCRYPT_DECRYPT' })
  await createKey('signing', signingBy('EC_SIGN_P256_SHA256'))
})

afterAll(async () => {
  await kms.close()
  await emulator.stop()
})

type KeyTemplate = NonNullable<Parameters<KeyManagementServiceClient['createCryptoKey']>[0]>['cryptoKey']

type AlgorithmName = NonNullable<NonNullable<NonNullable<KeyTemplate>['versionTemplate']>['algorithm']>

function signingBy(algorithm: AlgorithmName, protectionLevel: 'SOFTWARE' | 'HSM' = 'SOFTWARE') {
  return { purpose: 'ASYMMETRIC_SIGN', versionTemplate: { algorithm, protectionLevel } } as const
}

async function createKey(cryptoKeyId: string, cryptoKey: NonNullable<KeyTemplate>) {
  const [key] = await kms.createCryptoKey({ parent: ring, cryptoKeyId, cryptoKey })
  return key
}

function checksum(bytes: Buffer) {
  return { value: crc32c(bytes) }
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function bytes(value: Uint8Array | string | null | undefined): Buffer {
  return Buffer.from(value as Uint8Array)
}

async function seal(name = dataKey): Promise<Buffer> {
  const [{ ciphertext }] = await kms.encrypt({ name, plaintext: text, additionalAuthenticatedData: aad })
  return bytes(ciphertext)
}

test('finds again the rings, keys and versions it made', async () => {
  const [foundRing] = await kms.getKeyRing({ name: ring })
  const [foundKey] = await kms.getCryptoKey({ name: signingKey })
  const [version] = await kms.getCryptoKeyVersion({ name: signingVersion })
  expect(foundRing.name).toBe(ring)
  expect(foundKey).toMatchObject({ purpose: 'ASYMMETRIC_SIGN', primary: null })
  expect(version).toMatchObject({
    state: 'ENABLED',
    algorithm: 'EC_SIGN_P256_SHA256',
    protectionLevel: 'SOFTWARE',
  })
})

test('lists rings, keys and versions a page at a time', async () => {
  for (const id of ['list-a', 'list-b', 'list-c']) {
    await kms.createKeyRing({ parent: 'projects/local/locations/pages', keyRingId: id })
  }
  const request = { parent: 'projects/local/locations/pages', pageSize: 2 }
  const [rings, , firstPage] = await kms.listKeyRings(request, { autoPaginate: false })
  expect(rings.map(({ name }) => name?.split('/').at(-1))).toEqual(['list-a', 'list-b'])
  expect(firstPage.totalSize).toBe(3)
  const [all] = await kms.listKeyRings(request)
  expect(all).toHaveLength(3)
  const [keys] = await kms.listCryptoKeys({ parent: ring })
  expect(keys.map(({ name }) => name)).toEqual(expect.arrayContaining([dataKey, signingKey]))
  const [versions] = await kms.listCryptoKeyVersions({ parent: signingKey })
  expect(versions.map(({ name }) => name)).toEqual([signingVersion])
})

test('refuses to make a ring or key again', async () => {
  const taken = { code: status.ALREADY_EXISTS }
  await expect(kms.createKeyRing({ parent: location, keyRingId: 'iam' })).rejects.toMatchObject(taken)
  await expect(createKey('data', { purpose: 'ENCRYPT_DECRYPT' })).rejects.toMatchObject(taken)
})

test('refuses a key whose algorithm is missing or for another purpose', async () => {
  const invalid = { code: status.INVALID_ARGUMENT }
  await expect(createKey('bad', { purpose: 'ASYMMETRIC_SIGN' })).rejects.toMatchObject(invalid)
  const versionTemplate = { algorithm: 'EC_SIGN_P256_SHA256' } as const
  await expect(createKey('bad', { purpose: 'ENCRYPT_DECRYPT', versionTemplate })).rejects.toMatchObject(
    invalid,
  )
  await expect(kms.getCryptoKey({ name: `${ring}/cryptoKeys/bad` })).rejects.toMatchObject({
    code: status.NOT_FOUND,
  })
})

test('answers NOT_FOUND for what does not exist and INVALID_ARGUMENT for what is no name', async () => {
  const missing = `${ring}/cryptoKeys/missing`
  await expect(kms.getCryptoKey({ name: missing })).rejects.toMatchObject({ code: status.NOT_FOUND })
  await expect(kms.encrypt({ name: missing, plaintext: text })).rejects.toMatchObject({
    code: status.NOT_FOUND,
  })
  await expect(kms.getCryptoKey({ name: 'projects/x' })).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
  })
})

test('decrypts what it encrypted, and reports every checksum it verified', async () => {
  const [sealed] = await kms.encrypt({
    name: dataKey,
    plaintext: text,
    plaintextCrc32c: checksum(text),
    additionalAuthenticatedData: aad,
    additionalAuthenticatedDataCrc32c: checksum(aad),
  })
  expect(sealed).toMatchObject({
    name: `${dataKey}/cryptoKeyVersions/1`,
    verifiedPlaintextCrc32c: true,
    verifiedAdditionalAuthenticatedDataCrc32c: true,
  })
  const ciphertext = bytes(sealed.ciphertext)
  expect(Number(sealed.ciphertextCrc32c?.value)).toBe(crc32c(ciphertext))
  const [opened] = await kms.decrypt({
    name: dataKey,
    ciphertext,
    ciphertextCrc32c: checksum(ciphertext),
    additionalAuthenticatedData: aad,
    additionalAuthenticatedDataCrc32c: checksum(aad),
  })
  expect(bytes(opened.plaintext)).toEqual(text)
  expect(Number(opened.plaintextCrc32c?.value)).toBe(crc32c(text))
  expect(opened.usedPrimary).toBe(true)
})

test('reports checksums that were not given as not verified', async () => {
  const [sealed] = await kms.encrypt({ name: dataKey, plaintext: text })
  expect(sealed).toMatchObject({
    verifiedPlaintextCrc32c: false,
    verifiedAdditionalAuthenticatedDataCrc32c: false,
  })
})

test('refuses to decrypt with other additional data, under another key, or a changed ciphertext', async () => {
  await createKey('other', { purpose: 'ENCRYPT_DECRYPT' })
  const ciphertext = await seal()
  const changed = Buffer.from(ciphertext)
  changed.writeUInt8(changed.readUInt8(20) ^ 1, 20)
  const good = { name: dataKey, ciphertext, additionalAuthenticatedData: aad }
  await expect(kms.decrypt(good)).resolves.toBeDefined()
  for (const wrong of [
    { additionalAuthenticatedData: Buffer.from('something else') },
    { name: `${ring}/cryptoKeys/other` },
    { ciphertext: changed },
    { ciphertext: Buffer.from('x') },
  ]) {
    await expect(kms.decrypt({ ...good, ...wrong })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
  }
})

test('refuses a request whose checksum does not match', async () => {
  const ciphertext = await seal()
  const wrong = { value: crc32c(Buffer.from('other bytes')) }
  const digest = { sha256: sha256(text) }
  const invalid = { code: status.INVALID_ARGUMENT }
  const plain = { name: dataKey, plaintext: text, additionalAuthenticatedData: aad }
  const sealed = { name: dataKey, ciphertext, additionalAuthenticatedData: aad }
  await expect(kms.encrypt({ ...plain, plaintextCrc32c: wrong })).rejects.toMatchObject(invalid)
  await expect(kms.encrypt({ ...plain, additionalAuthenticatedDataCrc32c: wrong })).rejects.toMatchObject(
    invalid,
  )
  await expect(kms.decrypt({ ...sealed, ciphertextCrc32c: wrong })).rejects.toMatchObject(invalid)
  await expect(kms.decrypt({ ...sealed, additionalAuthenticatedDataCrc32c: wrong })).rejects.toMatchObject(
    invalid,
  )
  const sign = { name: signingVersion }
  await expect(kms.asymmetricSign({ ...sign, digest, digestCrc32c: wrong })).rejects.toMatchObject(invalid)
  await expect(kms.asymmetricSign({ ...sign, data: text, dataCrc32c: wrong })).rejects.toMatchObject(invalid)
})

test('encrypts under the primary version and decrypts what any version encrypted', async () => {
  const key = await createKey('rotated', { purpose: 'ENCRYPT_DECRYPT' })
  const name = key.name as string
  const old = await seal(name)
  await kms.createCryptoKeyVersion({ parent: name })
  const [unchanged] = await kms.encrypt({ name, plaintext: text })
  expect(unchanged.name).toBe(`${name}/cryptoKeyVersions/1`)

  await kms.updateCryptoKeyPrimaryVersion({ name, cryptoKeyVersionId: '2' })
  const [switched] = await kms.encrypt({ name, plaintext: text })
  expect(switched.name).toBe(`${name}/cryptoKeyVersions/2`)
  const [opened] = await kms.decrypt({ name, ciphertext: old, additionalAuthenticatedData: aad })
  expect(bytes(opened.plaintext)).toEqual(text)
  expect(opened.usedPrimary).toBe(false)
})

test('encrypts under a version that is named', async () => {
  const key = await createKey('named-version', { purpose: 'ENCRYPT_DECRYPT' })
  const [second] = await kms.createCryptoKeyVersion({ parent: key.name as string })
  const [sealed] = await kms.encrypt({ name: second.name as string, plaintext: text })
  expect(sealed.name).toBe(`${key.name}/cryptoKeyVersions/2`)
})

test('signs a digest so that the public key verifies the data', async () => {
  const [{ pem, pemCrc32c, algorithm }] = await kms.getPublicKey({ name: signingVersion })
  expect(Number(pemCrc32c?.value)).toBe(crc32c(Buffer.from(pem as string)))
  expect(algorithm).toBe('EC_SIGN_P256_SHA256')
  const digest = sha256(text)
  const [signed] = await kms.asymmetricSign({
    name: signingVersion,
    digest: { sha256: digest },
    digestCrc32c: checksum(digest),
  })
  const signature = bytes(signed.signature)
  expect(verify('sha256', text, createPublicKey(pem as string), signature)).toBe(true)
  expect(Number(signed.signatureCrc32c?.value)).toBe(crc32c(signature))
  expect(signed).toMatchObject({
    name: signingVersion,
    verifiedDigestCrc32c: true,
    verifiedDataCrc32c: false,
  })
})

test('signs data that it hashes itself', async () => {
  const [{ pem }] = await kms.getPublicKey({ name: signingVersion })
  const [signed] = await kms.asymmetricSign({ name: signingVersion, data: text, dataCrc32c: checksum(text) })
  expect(verify('sha256', text, createPublicKey(pem as string), bytes(signed.signature))).toBe(true)
  expect(signed).toMatchObject({ verifiedDigestCrc32c: false, verifiedDataCrc32c: true })
})

test('refuses to sign both, neither, or a digest of another length or kind', async () => {
  const digest = { sha256: sha256(text) }
  for (const wrong of [
    { digest, data: text },
    {},
    { digest: { sha256: Buffer.from('short') } },
    { digest: { sha384: createHash('sha384').update(text).digest() } },
  ]) {
    await expect(kms.asymmetricSign({ name: signingVersion, ...wrong })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    })
  }
})

test('refuses to use a key for another purpose', async () => {
  const refused = { code: status.FAILED_PRECONDITION }
  await expect(kms.encrypt({ name: signingKey, plaintext: text })).rejects.toMatchObject(refused)
  await expect(kms.decrypt({ name: signingKey, ciphertext: text })).rejects.toMatchObject(refused)
  const dataVersion = `${dataKey}/cryptoKeyVersions/1`
  await expect(kms.asymmetricSign({ name: dataVersion, data: text })).rejects.toMatchObject(refused)
  await expect(kms.getPublicKey({ name: dataVersion })).rejects.toMatchObject(refused)
})

test('says that it does not emulate what it does not emulate', async () => {
  const unimplemented = { code: status.UNIMPLEMENTED }
  await expect(createKey('p384', signingBy('EC_SIGN_P384_SHA384'))).rejects.toMatchObject(unimplemented)
  await expect(kms.generateRandomBytes({ location, lengthBytes: 8 })).rejects.toMatchObject(unimplemented)
  await expect(kms.listKeyRings({ parent: location, filter: 'x' })).rejects.toMatchObject(unimplemented)
})
