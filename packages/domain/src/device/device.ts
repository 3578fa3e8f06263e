import type { Id } from '../kit/index.ts'

/** How many devices a person can have at a time. */
export const mostDevices = 20

/**
 * How far a device is trusted. `known`: it has shown that it holds its key. `trusted`: its person, who showed a second
 * factor, wants to be asked for none on it. `revoked`: it proves nothing any more, for good.
 */
export type DeviceTrust = 'known' | 'trusted' | 'revoked'

/** What a device signs with: Ed25519 (RFC 8032), or ECDSA on P-256 with SHA-256 (RFC 7518 3.4). */
export type DeviceAlgorithm = 'Ed25519' | 'P-256'

/** A device that is not revoked, as it is stored. */
export interface StoredDevice {
  readonly id: Id<'dev'>
  readonly userId: Id<'usr'>
  readonly algorithm: DeviceAlgorithm
  readonly publicKey: Buffer
  readonly thumbprint: Buffer
  /** Sealed. */
  readonly name: Buffer | null
  readonly trust: Exclude<DeviceTrust, 'revoked'>
  readonly trustedAt: Date | null
  readonly trustedFor: Buffer | null
  readonly createdAt: Date
  /** When it last showed that it holds its key. */
  readonly lastUsedAt: Date
}
