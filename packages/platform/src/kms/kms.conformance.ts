import { randomBytes, verify } from 'node:crypto'
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
