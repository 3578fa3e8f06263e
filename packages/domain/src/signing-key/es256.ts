import { sign, verify, type KeyObject } from 'node:crypto'

/**
 * An ES256 signature, r||s (RFC 7518 3.4). Asked for in DER and converted here: asking node:crypto for r||s
 * takes its slow path and doubles the cost of signing.
 */
export function signEs256(key: KeyObject, input: string): Buffer {
  const der = sign('sha256', Buffer.from(input), key)
  const joined = Buffer.alloc(64)
  const afterR = copyInteger(der, 2, joined.subarray(0, 32))
  copyInteger(der, afterR, joined.subarray(32))
  return joined
}

/** True when `signature`, r||s of exactly 64 bytes, is over `input` by the key's private half. */
export function verifyEs256(key: KeyObject, input: string, signature: Buffer): boolean {
  if (signature.length !== 64) return false
  return verify('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }, signature)
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
