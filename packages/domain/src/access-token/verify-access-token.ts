import { hash } from 'node:crypto'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { isSignatureOf, type SigningKeys } from '../signing-key/index.ts'
import type { AccessTokenClaims } from './mint-access-token.ts'
import type { VerifiedToken, VerifiedTokens } from './verified-tokens.ts'

type VerifyAccessToken = {
  readonly clock: Clock
  readonly issuer: string
  readonly audience: string
  readonly signingKeys: SigningKeys
  readonly verifiedTokens: VerifiedTokens
}

const longest = 4096
const shape = /^([A-Za-z0-9_-]{1,512})\.([A-Za-z0-9_-]{1,3072})\.([A-Za-z0-9_-]{86,683})$/

/**
 * Verifies one of our own access tokens (RFC 9068 4): key, signature, type, issuer, audience and expiry. Whether
 * its session still stands is asked of `checkSession`.
 * @throws Refusal `invalid_token` for anything else, without saying what was wrong; `temporarily_unavailable` for a
 *   token by a key of ours that could not be unwrapped so far.
 */
export function verifyAccessToken(deps: VerifyAccessToken, token: string): VerifiedToken {
  if (token.length > longest) throw new Refusal('invalid_token')
  const now = deps.clock()
  const key = hash('sha256', token, 'base64')
  const verified = deps.verifiedTokens.get(key) ?? verify(deps, token, now)
  if (deps.signingKeys.verifier(verified.header, now) === undefined) throw new Refusal('invalid_token')
  if (verified.expiresAt * 1000 <= now.getTime()) throw new Refusal('invalid_token')
  deps.verifiedTokens.remember(key, verified)
  return verified
}

function verify(deps: VerifyAccessToken, token: string, now: Date): VerifiedToken {
  const [, header, payload, signature] = shape.exec(token) ?? []
  if (header === undefined || payload === undefined || signature === undefined)
    throw new Refusal('invalid_token')
  const key = deps.signingKeys.verifier(header, now)
  const bytes = Buffer.from(signature, 'base64url')
  // The last character's spare bits must be zero: one signature, one spelling.
  if (key === undefined || bytes.toString('base64url') !== signature) throw new Refusal('invalid_token')
  if (!isSignatureOf(key, `${header}.${payload}`, bytes)) throw new Refusal('invalid_token')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as AccessTokenClaims
  if (claims.iss !== deps.issuer || claims.aud !== deps.audience) throw new Refusal('invalid_token')
  return {
    header,
    tenantId: claims.tid as Id<'ten'>,
    userId: claims.sub as Id<'usr'>,
    grantId: claims.sid as Id<'grt'>,
    clientId: claims.client_id as Id<'cli'>,
    audience: claims.aud,
    scope: claims.scope,
    amr: claims.amr,
    acr: claims.acr,
    authTime: claims.auth_time,
    expiresAt: claims.exp,
  }
}
