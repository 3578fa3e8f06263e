import type { KeyObject } from 'node:crypto'
import type { KmsNumbers } from './kms-statistics.ts'

/** A version of a key, in the service's own words. */
export interface KeyVersion {
  readonly name: string
  /** `PENDING_GENERATION`, `ENABLED`, `DISABLED`, `DESTROY_SCHEDULED`, `DESTROYED` and more. */
  readonly state: string
  /** `EC_SIGN_P256_SHA256` and so on. */
  readonly algorithm: string
  /** `SOFTWARE`, `HSM` and more. */
  readonly protectionLevel: string
}

/** A key management service: keys that never leave it, named by their full resource names. */
export interface Kms {
  /** Encrypts up to 64 KiB under the primary version of a key, bound to `aad`. */
  encrypt(keyName: string, plaintext: Buffer, aad: Buffer): Promise<Buffer>
  /** Decrypts with whichever version encrypted. Refuses, with INVALID_ARGUMENT, what this key did not encrypt
   *  with this `aad`. */
  decrypt(keyName: string, ciphertext: Buffer, aad: Buffer): Promise<Buffer>
  /** Signs with a version of ECDSA P-256, RSA PKCS #1 v1.5 with SHA-256, or Ed25519. Gives the signature as JOSE has
   *  it (RFC 7518 3.3 and 3.4, RFC 8037 3.1), already verified. */
  sign(versionName: string, data: Buffer): Promise<Buffer>
  /** The public half of a signing version, asked for once. */
  publicKey(versionName: string): Promise<KeyObject>
  readonly versions: {
    /** Makes the next version of a key, which may be generated only after a while. Not tried again: what was made
     *  and not heard of is found by `list`. */
    create(keyName: string): Promise<KeyVersion>
    get(versionName: string): Promise<KeyVersion>
    /** All versions of a key, oldest first, ended ones too. */
    list(keyName: string): Promise<KeyVersion[]>
    /** From now on it does nothing. Content where it is destroyed or about to be. */
    disable(versionName: string): Promise<void>
    /** Schedules its destruction, which can be taken back for as long as its key says. Content where it is already. */
    destroy(versionName: string): Promise<void>
  }
  /** What this process has asked of it. */
  numbers(): KmsNumbers
  close(): void
}
