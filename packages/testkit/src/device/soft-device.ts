import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

export type DeviceKind = 'Ed25519' | 'P-256'
type Members = { readonly x: string; readonly y: string }

/** What signs on somebody's telephone. It spells what it signs by itself, as apps do that others write. */
export class SoftDevice {
  readonly kind: DeviceKind
  readonly #privateKey: KeyObject

  constructor(kind: DeviceKind = 'P-256') {
    this.kind = kind
    this.#privateKey =
      kind === 'Ed25519'
        ? generateKeyPairSync('ed25519').privateKey
        : generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  }

  get publicKey() {
    const { x, y } = this.#privateKey.export({ format: 'jwk' }) as Members
    return this.kind === 'Ed25519'
      ? ({ kty: 'OKP', crv: 'Ed25519', x } as const)
      : ({ kty: 'EC', crv: 'P-256', x, y } as const)
  }

  /** RFC 7638. */
  get thumbprint(): string {
    const { kty, crv, x } = this.publicKey
    const y = this.publicKey.kty === 'EC' ? `,"y":"${this.publicKey.y}"` : ''
    return createHash('sha256').update(`{"crv":"${crv}","kty":"${kty}","x":"${x}"${y}}`).digest('base64url')
  }

  /** What `POST /me/devices` is sent in a session of a person. */
  registration(session: { readonly tenantId: string; readonly userId: string; readonly sessionId: string }) {
    const { tenantId, userId, sessionId } = session
    const fields = ['iam/device-registration/v1', tenantId, userId, sessionId, this.thumbprint]
    return { publicKey: this.publicKey, signature: this.sign(fields.join('\0')) }
  }

  /** The answer to a challenge. */
  proof(challenge: string, { tenantId, deviceId }: { tenantId: string; deviceId: string }): string {
    return this.sign(['iam/device-proof/v1', tenantId, deviceId, challenge].join('\0'))
  }

  sign(text: string, dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363'): string {
    const key = { key: this.#privateKey, dsaEncoding }
    return sign(this.kind === 'Ed25519' ? null : 'sha256', Buffer.from(text), key).toString('base64url')
  }
}
