import { bytesOf } from './credential-json.ts'
import type { PasskeyFault } from './passkey.ts'
import type { RelyingParty } from './relying-party.ts'

export interface ExpectedClientData {
  readonly type: 'webauthn.create' | 'webauthn.get'
  /** What the browser was asked to have signed. */
  readonly challenge: Buffer
  readonly party: RelyingParty
}

/**
 * What is wrong with what a browser says of a ceremony (WebAuthn 5.8.1, 7.1 steps 5-11, 7.2 steps 10-15): another
 * kind of ceremony, another challenge, a page of another origin, or one that somebody has framed. No page of ours is
 * ever framed, so `crossOrigin` and `topOrigin` are refused whatever they say.
 */
export function faultInClientData(text: string, expected: ExpectedClientData): PasskeyFault | undefined {
  const data = parse(text)
  if (data === undefined) return 'malformed'
  if (data['type'] !== expected.type) return 'wrong_type'
  if (data['challenge'] !== expected.challenge.toString('base64url')) return 'wrong_challenge'
  if (typeof data['origin'] !== 'string' || !expected.party.origins.includes(data['origin']))
    return 'wrong_origin'
  const isFramed = (data['crossOrigin'] ?? false) !== false || data['topOrigin'] !== undefined
  return isFramed ? 'cross_origin' : undefined
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const read: unknown = JSON.parse(bytesOf(text)?.toString() ?? '')
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
