import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { Caller, type CallerParts } from './call.ts'
import { checksumOf, type Int64Value, requireChecksum, requireName, requireVerified } from './integrity.ts'
import { KeyVersions } from './key-versions.ts'
import type { Kms } from './kms.ts'
import { damaged, grpcCode, KmsError } from './kms-error.ts'
import { type KmsNumbers, KmsStatistics } from './kms-statistics.ts'
import { type SignatureScheme, signatureSchemes } from './signature-schemes.ts'

type EncryptResponse = {
  name: string
  ciphertext: Buffer
  ciphertextCrc32c: Int64Value
  verifiedPlaintextCrc32c: boolean
  verifiedAdditionalAuthenticatedDataCrc32c: boolean
}
type DecryptResponse = { plaintext: Buffer; plaintextCrc32c: Int64Value }
type SignResponse = {
  name: string
  signature: Buffer
  signatureCrc32c: Int64Value
  verifiedDigestCrc32c: boolean
  verifiedDataCrc32c: boolean
}
type PublicKeyResponse = { name: string; pem: string; pemCrc32c: Int64Value; algorithm: string }

/** The public half of a version, and its algorithm by its name in Cloud KMS. */
type PublicHalf = { readonly key: KeyObject; readonly algorithm: string }

/** Cloud KMS, with every answer checked as its documentation of data integrity asks. */
export class CloudKms implements Kms {
  readonly versions: Kms['versions']
  readonly #caller: Caller
  readonly #statistics = new KmsStatistics()
  readonly #publicHalves = new Map<string, Promise<PublicHalf>>()

  constructor(parts: Omit<CallerParts, 'statistics'>) {
    this.#caller = new Caller({ ...parts, statistics: this.#statistics })
    this.versions = new KeyVersions(this.#caller, this.#statistics)
  }

  async encrypt(keyName: string, plaintext: Buffer, aad: Buffer): Promise<Buffer> {
    const request = {
      name: keyName,
      plaintext,
      plaintextCrc32c: checksumOf(plaintext),
      additionalAuthenticatedData: aad,
      additionalAuthenticatedDataCrc32c: checksumOf(aad),
    }
    return this.#caller.call({
      method: 'Encrypt',
      request,
      read: (answer: EncryptResponse) => {
        // It names the version it used, which is one of the key's.
        requireName(answer.name.startsWith(`${keyName}/cryptoKeyVersions/`), answer.name)
        requireVerified('plaintext', answer.verifiedPlaintextCrc32c)
        requireVerified('additional data', answer.verifiedAdditionalAuthenticatedDataCrc32c)
        requireChecksum('ciphertext', answer.ciphertext, answer.ciphertextCrc32c)
        return answer.ciphertext
      },
    })
  }

  async decrypt(keyName: string, ciphertext: Buffer, aad: Buffer): Promise<Buffer> {
    const request = {
      name: keyName,
      ciphertext,
      ciphertextCrc32c: checksumOf(ciphertext),
      additionalAuthenticatedData: aad,
      additionalAuthenticatedDataCrc32c: checksumOf(aad),
    }
    return this.#caller.call({
      method: 'Decrypt',
      request,
      read: ({ plaintext, plaintextCrc32c }: DecryptResponse) => {
        requireChecksum('plaintext', plaintext, plaintextCrc32c)
        return plaintext
      },
    })
  }

  async sign(versionName: string, data: Buffer): Promise<Buffer> {
    const { key, algorithm } = await this.#publicHalf(versionName)
    const scheme = signatureSchemes[algorithm]
    if (scheme === undefined) {
      throw new KmsError(grpcCode.failedPrecondition, `KMS: nothing here is signed by ${algorithm}`)
    }
    return this.#caller.call({
      method: 'AsymmetricSign',
      request: { name: versionName, ...toBeSigned(scheme, data) },
      read: (answer: SignResponse) => {
        requireName(answer.name === versionName, answer.name)
        const { verifiedDigestCrc32c, verifiedDataCrc32c } = answer
        requireVerified(scheme.takes, scheme.takes === 'digest' ? verifiedDigestCrc32c : verifiedDataCrc32c)
        requireChecksum('signature', answer.signature, answer.signatureCrc32c)
        return readSignature(scheme, { answered: answer.signature, key, data })
      },
    })
  }

  async publicKey(versionName: string): Promise<KeyObject> {
    return (await this.#publicHalf(versionName)).key
  }

  numbers(): KmsNumbers {
    return this.#statistics.numbers()
  }

  close(): void {
    this.#caller.close()
  }

  #publicHalf(versionName: string): Promise<PublicHalf> {
    let half = this.#publicHalves.get(versionName)
    if (half === undefined) {
      half = this.#fetchPublicHalf(versionName)
      this.#publicHalves.set(versionName, half)
      half.catch(() => this.#publicHalves.delete(versionName)) // the next caller asks again
    }
    return half
  }

  #fetchPublicHalf(versionName: string): Promise<PublicHalf> {
    return this.#caller.call({
      method: 'GetPublicKey',
      request: { name: versionName },
      read: ({ name, pem, pemCrc32c, algorithm }: PublicKeyResponse) => {
        requireName(name === versionName, name)
        requireChecksum('public key', Buffer.from(pem), pemCrc32c)
        return { key: createPublicKey(pem), algorithm }
      },
    })
  }
}

/** Exactly one of digest and data, with its checksum. */
function toBeSigned({ takes }: SignatureScheme, data: Buffer): object {
  if (takes === 'data') return { data, dataCrc32c: checksumOf(data) }
  const sha256 = hash('sha256', data, 'buffer')
  return { digest: { sha256 }, digestCrc32c: checksumOf(sha256) }
}

/** The signature as JOSE has it. Refuses one that this very key does not verify: nothing unsound may be
 *  issued. */
function readSignature(
  scheme: SignatureScheme,
  { answered, key, data }: { answered: Buffer; key: KeyObject; data: Buffer },
): Buffer {
  const signature = scheme.read(answered)
  if (signature === undefined || !scheme.verify(key, data, signature)) {
    throw damaged('the signature does not verify')
  }
  return signature
}
