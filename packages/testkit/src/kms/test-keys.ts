import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  hash,
  randomBytes,
  sign,
} from 'node:crypto'
import { anchorOf, type AnchorSigner } from '@iam/domain/key-set'
import type { KeyWrapping } from '@iam/domain/secret-key'

// Keys of the test run, the same in every process of it, in place of a key-management service where a test is
// about something else. What is said to the service itself is tested against the emulator.
const wrapKey = createSecretKey(hash('sha256', 'wrap key of the tests', 'buffer'))

/** Wraps with a key that everyone can read: for tests only. */
export const testWrapping: KeyWrapping = {
  wrap: async (plaintext, aad) => {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', wrapKey, nonce).setAAD(aad)
    return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  },
  unwrap: async (sealed, aad) => {
    if (sealed.length < 28) return undefined
    const decipher = createDecipheriv('aes-256-gcm', wrapKey, sealed.subarray(0, 12)).setAAD(aad)
    decipher.setAuthTag(sealed.subarray(-16))
    try {
      return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
    } catch {
      return undefined
    }
  },
}

/** The anchors of the test run: one to endorse, one to publish, two to follow it, one that nobody pinned. */
export const testAnchors = {
  endorser: anchor('endorsement key of the tests'),
  publisher: anchor('publication key of the tests'),
  spare: anchor('spare publication key of the tests'),
  nextSpare: anchor('the publication key after the spare of the tests'),
  auditor: anchor('audit key of the tests'),
  stranger: anchor('a key nobody pinned'),
} as const

/** A P-256 key derived from a name (SEC 1 private key), so that every process makes the same one. */
function anchor(name: string): AnchorSigner {
  const d = hash('sha256', name, 'buffer')
  const sec1 = Buffer.concat([
    Buffer.from('303102010104 20'.replaceAll(' ', ''), 'hex'),
    d,
    Buffer.from('a00a06082a8648ce3d030107', 'hex'),
  ])
  const key = createPrivateKey({ key: sec1, format: 'der', type: 'sec1' })
  return anchorOf(createPublicKey(key), async (bytes) =>
    sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }),
  )
}
