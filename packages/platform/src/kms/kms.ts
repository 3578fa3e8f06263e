import type { KeyObject } from 'node:crypto'

/** A key management service: keys that never leave it, named by their full resource names. */
export interface Kms {
  /** Encrypts up to 64 KiB under the primary version of a key, bound to `aad`. */
  encrypt(keyName: string, plaintext: Buffer, aad: Buffer): Promise<Buffer>
  /** Decrypts with whichever version encrypted. Refuses, with INVALID_ARGUMENT, what this key did not encrypt
   *  with this `aad`. */
  decrypt(keyName: string, ciphertext: Buffer, aad: Buffer): Promise<Buffer>
  /** Signs with an ECDSA P-256 SHA-256 version. Gives the 64 bytes r || s of JOSE (RFC 7518 3.4), already
   *  verified. */
  sign(versionName: string, data: Buffer): Promise<Buffer>
  /** The public half of a signing version, asked for once. */
  publicKey(versionName: string): Promise<KeyObject>
  close(): void
}
