import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from 'node:crypto'
import { ulidBytes, ulidOf } from '../kit/index.ts'
import type { SecretRing } from '../secret-key/index.ts'

/** What a box is bound to besides its keys: the family, and the generation whose successor it holds. */
export interface BoxContext {
  readonly tenantId: string
  readonly familyId: string
  /** The predecessor's generation. */
  readonly generation: number
  /** The predecessor's secret: without it nobody opens the box, not even with a copy of every key and row. */
  readonly secret: Buffer
}

const epochLength = 4
const saltLength = 16
const secretLength = 32
const tagLength = 16
const boxLength = epochLength + saltLength + secretLength + tagLength

/**
 * Seals a successor's secret for those who hold its predecessor: epoch 4, salt 16, ciphertext 32, tag 16. The
 * key is new for every box, so its nonce is derived with it.
 */
export function sealSuccessor(
  boxKeys: SecretRing,
  context: BoxContext,
  successor: Buffer,
  now: Date,
): Buffer {
  const { version, key } = boxKeys.current(now)
  const epoch = Buffer.alloc(epochLength)
  epoch.writeUInt32BE(version)
  const salt = randomBytes(saltLength)
  const derived = derive(key.export(), context, salt)
  const cipher = createCipheriv('aes-256-gcm', derived.key, derived.nonce)
  return Buffer.concat([epoch, salt, cipher.update(successor), cipher.final(), cipher.getAuthTag()])
}

/** Opens a box. @returns undefined when its epoch is not held here, or it is not this context's, or no box at all. */
export function openSuccessor(boxKeys: SecretRing, context: BoxContext, box: Buffer): Buffer | undefined {
  const key = box.length === boxLength ? boxKeys.byVersion(box.readUInt32BE(0)) : undefined
  if (key === undefined) return undefined
  const sealedAt = epochLength + saltLength
  const derived = derive(key.export(), context, box.subarray(epochLength, sealedAt))
  const decipher = createDecipheriv('aes-256-gcm', derived.key, derived.nonce)
  decipher.setAuthTag(box.subarray(-tagLength))
  try {
    return Buffer.concat([decipher.update(box.subarray(sealedAt, -tagLength)), decipher.final()])
  } catch {
    return undefined
  }
}

/** HKDF-SHA-256 (RFC 5869) from the predecessor's secret and the epoch's key, for a key and a nonce. */
function derive(epochKey: Buffer, context: BoxContext, salt: Buffer) {
  const generation = Buffer.alloc(4)
  generation.writeUInt32BE(context.generation)
  const info = Buffer.concat([
    Buffer.from('iam/refresh-box/v1'),
    ulidBytes(ulidOf(context.tenantId)),
    ulidBytes(ulidOf(context.familyId)),
    generation,
    salt,
  ])
  const derived = Buffer.from(hkdfSync('sha256', createSecretKey(context.secret), epochKey, info, 44))
  return { key: createSecretKey(derived.subarray(0, 32)), nonce: derived.subarray(32) }
}
