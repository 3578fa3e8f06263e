import { sign, verify, type KeyObject } from 'node:crypto'
import type { SigningAlg } from '../key-set/index.ts'

/**
 * Signs a JWS signing input (RFC 7515 5.1).
 * @param tenantId whose turn it takes, where signing is scarce and tenants take turns.
 * @returns the signature in base64url.
 */
export type Sign = (input: string, tenantId?: string) => string | Promise<string>

/**
 * What signs with a private key held in memory. ES256 and EdDSA take less than handing them to a thread and are done at
 * once; an RSA signature takes half a millisecond and more, and is made off the event loop.
 */
export function signerIn(alg: SigningAlg, key: KeyObject): Sign {
  if (alg === 'ES256') return (input) => signEs256(key, input).toString('base64url')
  if (alg === 'EdDSA') return (input) => sign(null, Buffer.from(input), key).toString('base64url')
  return (input) => signRs256(key, input)
}

/**
 * True when `signature` is over `input` by the key's private half, in the form that the algorithm has (RFC 7518 3.3,
 * 3.4, RFC 8037 3.1). The algorithm is the key's, never the token's.
 */
export function isSignatureOf(
  { alg, publicKey }: { readonly alg: SigningAlg; readonly publicKey: KeyObject },
  input: string,
  signature: Buffer,
): boolean {
  const bytes = Buffer.from(input)
  if (alg === 'RS256') return verify('sha256', bytes, publicKey, signature)
  if (signature.length !== 64) return false
  if (alg === 'EdDSA') return verify(null, bytes, publicKey, signature)
  return verify('sha256', bytes, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
}

/** RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 3.3), on a thread of libuv's. */
function signRs256(key: KeyObject, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    sign('sha256', Buffer.from(input), key, (error, signature) => {
      if (error === null) resolve(signature.toString('base64url'))
      else reject(error)
    })
  })
}

/**
 * An ES256 signature, r||s (RFC 7518 3.4). Asked for in DER and converted here: asking node:crypto for r||s
 * takes its slow path and doubles the cost of signing.
 */
function signEs256(key: KeyObject, input: string): Buffer {
  const der = sign('sha256', Buffer.from(input), key)
  const joined = Buffer.alloc(64)
  const afterR = copyInteger(der, 2, joined.subarray(0, 32))
  copyInteger(der, afterR, joined.subarray(32))
  return joined
}

/** Copies one DER INTEGER right-aligned, without the sign byte; answers where the next one begins. */
function copyInteger(der: Buffer, at: number, target: Buffer): number {
  const length = der[at + 1] ?? 0
  const start = at + 2
  const end = start + length
  const sign = length > target.length ? length - target.length : 0
  der.copy(target, target.length - (length - sign), start + sign, end)
  return end
}
