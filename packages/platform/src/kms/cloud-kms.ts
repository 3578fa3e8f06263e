import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { call, type Patience } from './call.ts'
import { derToJose } from './der-to-jose.ts'
import { checksumOf, type Int64Value, requireChecksum, requireName, requireVerified } from './integrity.ts'
import type { Kms } from './kms.ts'
import type { KmsChannel } from './kms-channel.ts'
import { damaged } from './kms-error.ts'

type Channel = Pick<KmsChannel, 'unary' | 'close'>
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
}
type PublicKeyResponse = { name: string; pem: string; pemCrc32c: Int64Value }

/** Cloud KMS, with every answer checked as its documentation of data integrity asks. */
export class CloudKms implements Kms {
  readonly #channel: Channel
  readonly #patience: Patience
  readonly #publicKeys = new Map<string, Promise<KeyObject>>()

  constructor(channel: Channel, patience: Patience) {
    this.#channel = channel
    this.#patience = patience
  }

  async encrypt(keyName: string, plaintext: Buffer, aad: Buffer): Promise<Buffer> {
    const request = {
      name: keyName,
      plaintext,
      plaintextCrc32c: checksumOf(plaintext),
      additionalAuthenticatedData: aad,
      additionalAuthenticatedDataCrc32c: checksumOf(aad),
    }
    return call(this.#channel, this.#patience, {
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
    return call(this.#channel, this.#patience, {
      method: 'Decrypt',
      request,
      read: ({ plaintext, plaintextCrc32c }: DecryptResponse) => {
        requireChecksum('plaintext', plaintext, plaintextCrc32c)
        return plaintext
      },
    })
  }

  async sign(versionName: string, data: Buffer): Promise<Buffer> {
    const key = await this.publicKey(versionName)
    const sha256 = createHash('sha256').update(data).digest()
    return call(this.#channel, this.#patience, {
      method: 'AsymmetricSign',
      request: { name: versionName, digest: { sha256 }, digestCrc32c: checksumOf(sha256) },
      read: (answer: SignResponse) => {
        requireName(answer.name === versionName, answer.name)
        requireVerified('digest', answer.verifiedDigestCrc32c)
        requireChecksum('signature', answer.signature, answer.signatureCrc32c)
        return readSignature(answer.signature, key, data)
      },
    })
  }

  publicKey(versionName: string): Promise<KeyObject> {
    let key = this.#publicKeys.get(versionName)
    if (key === undefined) {
      key = this.#fetchPublicKey(versionName)
      this.#publicKeys.set(versionName, key)
      key.catch(() => this.#publicKeys.delete(versionName)) // the next caller asks again
    }
    return key
  }

  close(): void {
    this.#channel.close()
  }

  #fetchPublicKey(versionName: string): Promise<KeyObject> {
    return call(this.#channel, this.#patience, {
      method: 'GetPublicKey',
      request: { name: versionName },
      read: ({ name, pem, pemCrc32c }: PublicKeyResponse) => {
        requireName(name === versionName, name)
        requireChecksum('public key', Buffer.from(pem), pemCrc32c)
        return createPublicKey(pem)
      },
    })
  }
}

/** The signature as JOSE has it. Refuses one that this very key does not verify: nothing unsound may be
 *  issued. */
function readSignature(der: Buffer, key: KeyObject, data: Buffer): Buffer {
  const signature = derToJose(der)
  if (signature === undefined || !verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)) {
    throw damaged('the signature does not verify')
  }
  return signature
}
