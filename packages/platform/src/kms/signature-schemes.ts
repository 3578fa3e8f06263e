import { type KeyObject, verify } from 'node:crypto'
import { derToJose } from './der-to-jose.ts'

/** How an algorithm of Cloud KMS signs. */
export interface SignatureScheme {
  /** What it is given: a SHA-256 digest of the data, or the data itself. */
  readonly takes: 'digest' | 'data'
  /** The signature as JOSE has it; undefined for bytes that are none. */
  readonly read: (signature: Buffer) => Buffer | undefined
  readonly verify: (key: KeyObject, data: Buffer, signature: Buffer) => boolean
}

const es256: SignatureScheme = {
  takes: 'digest',
  read: derToJose,
  verify: (key, data, signature) => verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature),
}

const rs256: SignatureScheme = {
  takes: 'digest',
  read: (signature) => signature,
  verify: (key, data, signature) => verify('sha256', data, key, signature),
}

/** PureEdDSA (RFC 8032 5.1): it hashes the data twice, so that no digest of it will do. */
const eddsa: SignatureScheme = {
  takes: 'data',
  read: (signature) => signature,
  verify: (key, data, signature) => verify(null, data, key, signature),
}

/** Those that we sign with, by their names in Cloud KMS. */
export const signatureSchemes: Readonly<Record<string, SignatureScheme | undefined>> = {
  EC_SIGN_P256_SHA256: es256,
  RSA_SIGN_PKCS1_2048_SHA256: rs256,
  RSA_SIGN_PKCS1_3072_SHA256: rs256,
  RSA_SIGN_PKCS1_4096_SHA256: rs256,
  EC_SIGN_ED25519: eddsa,
}
