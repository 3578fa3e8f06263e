import { verify } from 'node:crypto'
import type { Id } from '../kit/index.ts'
import { keyObjectOf, type DeviceKey } from './device-key.ts'

/** What stands between the fields; none of them can hold it. */
const separator = '\0'

/** What a device signs to show, in the session that registers it, that it holds its key. */
export function registrationBytes({
  tenantId,
  userId,
  sessionId,
  thumbprint,
}: {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly sessionId: Id<'ses'>
  readonly thumbprint: Buffer
}): Buffer {
  return spelt(['iam/device-registration/v1', tenantId, userId, sessionId, thumbprint.toString('base64url')])
}

/** What a device signs to show that it holds its key now. */
export function proofBytes({
  tenantId,
  deviceId,
  challenge,
}: {
  readonly tenantId: Id<'ten'>
  readonly deviceId: Id<'dev'>
  /** The challenge's token. */
  readonly challenge: string
}): Buffer {
  return spelt(['iam/device-proof/v1', tenantId, deviceId, challenge])
}

function spelt(fields: readonly string[]): Buffer {
  return Buffer.from(fields.join(separator))
}

const signatureLength = 64

/**
 * Whether a signature is of these bytes by this key. Both kinds are 64 bytes: Ed25519's (RFC 8032 5.1.6), and R and S of
 * ECDSA one after the other (RFC 7518 3.4). DER, which has other lengths, is not taken.
 * @param signature in base64url without padding; another spelling of the same bytes is none.
 */
export function isSignedBy(
  key: Pick<DeviceKey, 'algorithm' | 'publicKey'>,
  bytes: Buffer,
  signature: string,
): boolean {
  const read = Buffer.from(signature, 'base64url')
  if (read.length !== signatureLength || read.toString('base64url') !== signature) return false
  const by = { key: keyObjectOf(key), dsaEncoding: 'ieee-p1363' } as const
  return verify(key.algorithm === 'P-256' ? 'sha256' : null, bytes, by, read)
}
