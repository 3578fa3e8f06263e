import { generateKeyPairSync, hash, randomBytes, randomUUID, sign, type KeyObject } from 'node:crypto'

const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: 'floor' })).toString(
  'base64url',
)

/** A fresh signing key. */
export function newSigningKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
}

/** An ES256 access token, signed here. The claims are those of the service's own. */
export function accessToken(key: KeyObject, claims: { sub: string; sid: string; tid: string }): string {
  const iat = Math.floor(Date.now() / 1000)
  const all = { ...claims, iss: 'http://floor', aud: 'http://floor', client_id: 'floor', scope: 'openid' }
  const payload = JSON.stringify({ ...all, amr: ['pwd'], jti: randomUUID(), iat, exp: iat + 900 })
  const input = `${header}.${Buffer.from(payload).toString('base64url')}`
  return `${input}.${joined(sign('sha256', Buffer.from(input), key)).toString('base64url')}`
}

/** A refresh token and what is stored of it. */
export function refreshToken(): { token: string; hash: Buffer } {
  const token = randomBytes(32).toString('base64url')
  return { token, hash: hashOf(token) }
}

export function hashOf(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

/** r||s from DER: asking node:crypto for it takes twice as long. */
function joined(der: Buffer): Buffer {
  const out = Buffer.alloc(64)
  const rLength = der[3] ?? 0
  const r = der.subarray(4, 4 + rLength)
  const s = der.subarray(6 + rLength)
  r.subarray(-32).copy(out, 32 - Math.min(32, rLength))
  s.subarray(-32).copy(out, 64 - Math.min(32, s.length))
  return out
}
