import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import type { DeviceAlgorithm } from './device.ts'

/** A device's public key as it is sent: a JWK with these members and no others (RFC 8037 2, RFC 7518 6.2.1). */
export type DeviceJwk =
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }

/** A device's public key that can be used. */
export interface DeviceKey {
  readonly algorithm: DeviceAlgorithm
  /** The point, as it is stored. */
  readonly publicKey: Buffer
  /** RFC 7638, SHA-256. */
  readonly thumbprint: Buffer
}

const coordinate = 32

/**
 * Reads a device's public key. Each point has one spelling here, so that one key is not taken for two.
 * @returns undefined for what is no point of its curve, is spelt in another way, or is weak: on Ed25519 everything
 *   outside the group of prime order, which more than one key, or none, could sign for.
 */
export function readDeviceKey(jwk: DeviceJwk): DeviceKey | undefined {
  const x = bytesOf(jwk.x)
  const y = jwk.kty === 'EC' ? bytesOf(jwk.y) : Buffer.alloc(0)
  if (x === undefined || y === undefined) return undefined
  if (jwk.kty === 'OKP' ? !isStrong(x) : !isOnCurve(jwk)) return undefined
  return { algorithm: jwk.crv, publicKey: Buffer.concat([x, y]), thumbprint: thumbprintOf(jwk) }
}

/** What Node verifies signatures of a stored key by. */
export function keyObjectOf({ algorithm, publicKey }: Pick<DeviceKey, 'algorithm' | 'publicKey'>): KeyObject {
  const x = publicKey.subarray(0, coordinate).toString('base64url')
  const y = publicKey.subarray(coordinate).toString('base64url')
  const key =
    algorithm === 'Ed25519' ? { kty: 'OKP', crv: algorithm, x } : { kty: 'EC', crv: algorithm, x, y }
  return createPublicKey({ key, format: 'jwk' })
}

/** 32 bytes in base64url (RFC 4648 5) without padding; undefined for anything else, other spellings included. */
function bytesOf(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === coordinate && bytes.toString('base64url') === text ? bytes : undefined
}

/** RFC 8032 5.1.3, strictly, and the checks of the point's order that leave none that is small or mixed. */
function isStrong(point: Buffer): boolean {
  try {
    const read = ed25519.Point.fromBytes(point, false)
    return !read.isSmallOrder() && read.isTorsionFree()
  } catch {
    return false
  }
}

/** OpenSSL takes no point that is not on the curve (SP 800-186 D.1); its group has no other subgroups. */
function isOnCurve(jwk: DeviceJwk): boolean {
  try {
    createPublicKey({ key: { ...jwk }, format: 'jwk' })
    return true
  } catch {
    return false
  }
}

/** SHA-256 over the required members in lexicographic order (RFC 7638 3). */
function thumbprintOf(jwk: DeviceJwk): Buffer {
  const { crv, kty, x } = jwk
  const members = jwk.kty === 'EC' ? { crv, kty, x, y: jwk.y } : { crv, kty, x }
  return hash('sha256', JSON.stringify(members), 'buffer')
}
