import { randomBytes, verify, type VerifyKeyObjectInput } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Kms } from './kms.ts'

/** A KMS with keys in it. */
export type KmsSubject = {
  kms: Kms
  /** Two keys that encrypt. */
  keyName: string
  otherKeyName: string
  /** A version that signs with ECDSA P-256 SHA-256. */
  versionName: string
  /** And those that sign otherwise, each under its JOSE name. */
  otherVersions: Readonly<Record<'RS256' | 'EdDSA', string>>
  /** A key for signing whose versions nobody else uses, and whose versions are not there at once. */
  versionedKeyName: string
  /** A well-formed name of no key. */
  missingKeyName: string
  close(): Promise<void>
}

const aad = Buffer.from('what it belongs to')
const codes = { invalidArgument: 3, notFound: 5, failedPrecondition: 9 }

/** What every `Kms` must do, whatever is behind it. */
export function testKms(open: () => Promise<KmsSubject>): void {
  let subject: KmsSubject
  beforeAll(async () => {
    subject = await open()
  })
  afterAll(() => subject.close())
  testEncryption(() => subject)
  testSigning(() => subject)
  testVersions(() => subject)
  testEndingVersions(() => subject)
}

function testEncryption(subject: () => KmsSubject): void {
  test('decrypts what it encrypted, of any size up to 64 KiB', async () => {
    const { kms, keyName } = subject()
    for (const bytes of [1, 32, 64 * 1024]) {
      const plaintext = randomBytes(bytes)
      const ciphertext = await kms.encrypt(keyName, plaintext, aad)
      expect(await kms.decrypt(keyName, ciphertext, aad)).toEqual(plaintext)
    }
  })

  test('never encrypts to the same bytes twice', async () => {
    const { kms, keyName } = subject()
    const [one, other] = [await kms.encrypt(keyName, aad, aad), await kms.encrypt(keyName, aad, aad)]
    expect(one).not.toEqual(other)
  })

  test('refuses to decrypt under other additional data, another key, or a changed ciphertext', async () => {
    const { kms, keyName, otherKeyName } = subject()
    const ciphertext = await kms.encrypt(keyName, Buffer.from('a secret'), aad)
    const changed = Buffer.from(ciphertext)
    changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1)
    const refusal = { name: 'KmsError', code: codes.invalidArgument, retriable: false }
    await expect(kms.decrypt(keyName, ciphertext, Buffer.from('another'))).rejects.toMatchObject(refusal)
    await expect(kms.decrypt(otherKeyName, ciphertext, aad)).rejects.toMatchObject(refusal)
    await expect(kms.decrypt(keyName, changed, aad)).rejects.toMatchObject(refusal)
    await expect(kms.decrypt(keyName, Buffer.alloc(1), aad)).rejects.toMatchObject(refusal)
  })

  test('refuses to encrypt under a key that is missing or that signs', async () => {
    const { kms, missingKeyName, versionName } = subject()
    const missing = { name: 'KmsError', code: codes.notFound, retriable: false }
    await expect(kms.encrypt(missingKeyName, aad, aad)).rejects.toMatchObject(missing)
    await expect(kms.decrypt(missingKeyName, aad, aad)).rejects.toMatchObject(missing)
    const unfit = { name: 'KmsError', code: codes.failedPrecondition, retriable: false }
    const signingKeyName = versionName.replace(/\/cryptoKeyVersions\/.*/, '')
    await expect(kms.encrypt(signingKeyName, aad, aad)).rejects.toMatchObject(unfit)
  })
}

function testSigning(subject: () => KmsSubject): void {
  test('signs so that the public key verifies the JOSE form', async () => {
    const { kms, versionName } = subject()
    const key = await kms.publicKey(versionName)
    expect(key).toMatchObject({ type: 'public', asymmetricKeyDetails: { namedCurve: 'prime256v1' } })
    const data = randomBytes(1000)
    const signature = await kms.sign(versionName, data)
    expect(signature).toHaveLength(64)
    expect(verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true)
  })

  const ways = {
    RS256: { digest: 'sha256', options: {}, bytes: 256 },
    EdDSA: { digest: null, options: {}, bytes: 64 },
  } as const
  test.each(['RS256', 'EdDSA'] as const)('signs %s as JOSE has it', async (alg) => {
    const { kms, otherVersions } = subject()
    const key = await kms.publicKey(otherVersions[alg])
    const { digest, options, bytes } = ways[alg]
    const data = randomBytes(1000)
    const signature = await kms.sign(otherVersions[alg], data)
    expect(signature).toHaveLength(bytes)
    const how: VerifyKeyObjectInput = { key, ...options }
    expect(verify(digest, data, how, signature)).toBe(true)
    expect(verify(digest, randomBytes(1000), how, signature)).toBe(false)
  })

  test('gives the same public key each time', async () => {
    const { kms, versionName } = subject()
    const [one, other] = await Promise.all([kms.publicKey(versionName), kms.publicKey(versionName)])
    expect(one.equals(other)).toBe(true)
  })

  test('refuses to sign with a key that is missing or that encrypts', async () => {
    const { kms, keyName, missingKeyName } = subject()
    const missing = { name: 'KmsError', code: codes.notFound, retriable: false }
    await expect(kms.sign(`${missingKeyName}/cryptoKeyVersions/1`, aad)).rejects.toMatchObject(missing)
    const unfit = { name: 'KmsError', code: codes.failedPrecondition, retriable: false }
    await expect(kms.sign(`${keyName}/cryptoKeyVersions/1`, aad)).rejects.toMatchObject(unfit)
  })
}

/** A version that is there and can be used. */
async function made({ kms, versionedKeyName }: KmsSubject): Promise<string> {
  const { name } = await kms.versions.create(versionedKeyName)
  await expect.poll(async () => (await kms.versions.get(name)).state, { timeout: 60_000 }).toBe('ENABLED')
  return name
}

function testVersions(subject: () => KmsSubject): void {
  test('makes versions, each with a key of its own', async () => {
    const { kms } = subject()
    const [one, other] = [await made(subject()), await made(subject())]
    expect(one).not.toBe(other)
    expect((await kms.publicKey(one)).equals(await kms.publicKey(other))).toBe(false)
    const data = randomBytes(100)
    const key = await kms.publicKey(other)
    const signature = await kms.sign(other, data)
    expect(verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true)
  })

  test('lists versions, oldest first, with what they are', async () => {
    const { kms, versionedKeyName } = subject()
    const names = [await made(subject()), await made(subject())]
    const listed = await kms.versions.list(versionedKeyName)
    expect(listed.slice(-2)).toEqual(
      names.map((name) => ({
        name,
        state: 'ENABLED',
        algorithm: 'EC_SIGN_P256_SHA256',
        protectionLevel: 'HSM',
      })),
    )
  })

  test('refuses versions of a key that is missing', async () => {
    const { kms, missingKeyName } = subject()
    const missing = { name: 'KmsError', code: codes.notFound, retriable: false }
    await expect(kms.versions.create(missingKeyName)).rejects.toMatchObject(missing)
    await expect(kms.versions.list(missingKeyName)).rejects.toMatchObject(missing)
    const version = `${missingKeyName}/cryptoKeyVersions/1`
    await expect(kms.versions.disable(version)).rejects.toMatchObject(missing)
    await expect(kms.versions.destroy(version)).rejects.toMatchObject(missing)
  })
}

function testEndingVersions(subject: () => KmsSubject): void {
  const unfit = { name: 'KmsError', code: codes.failedPrecondition, retriable: false }
  const stateOf = async (name: string) => (await subject().kms.versions.get(name)).state

  test('disables a version, once and again: it signs nothing any more', async () => {
    const { kms } = subject()
    const name = await made(subject())
    await kms.versions.disable(name)
    await kms.versions.disable(name)
    expect(await stateOf(name)).toBe('DISABLED')
    await expect(kms.sign(name, aad)).rejects.toMatchObject(unfit)
  })

  test('destroys a version, once and again, disabled or not', async () => {
    const { kms } = subject()
    const name = await made(subject())
    await kms.publicKey(name)
    await kms.versions.disable(name)
    await kms.versions.destroy(name)
    await kms.versions.destroy(name)
    await kms.versions.disable(name)
    expect(await stateOf(name)).toBe('DESTROY_SCHEDULED')
    await expect(kms.sign(name, aad)).rejects.toMatchObject(unfit)
  })
}
