import { TokenRefused, type RefusedFor } from './refusals.ts'

/** Who a verified token stands for, and what it may do. Times are seconds since the epoch. */
export interface Access {
  /** The principal: `usr_…`. */
  readonly subject: string
  readonly tenantId: string
  readonly clientId: string
  /** The grant that the token belongs to, as the revocation events name it: `grt_…`. */
  readonly grantId: string
  readonly tokenId: string
  readonly scopes: readonly string[]
  /** How the person proved who they are (RFC 8176), how strong that was, and when. */
  readonly amr: readonly string[]
  readonly acr: string
  readonly authTime: number
  /** What the person is to other services: `role`, or `unit/role`. */
  readonly roles: readonly string[]
  readonly issuedAt: number
  readonly expiresAt: number
}

export interface Expected {
  readonly issuer: string
  readonly audience: string
  readonly tenants: 'any' | readonly string[]
  readonly skewSeconds: number
}

/** How far ahead of ours the issuer's clock may be before its tokens are not believed, in seconds. */
const farAhead = 60

/**
 * Reads the claims of a token whose signature held (RFC 9068 2.2, 4).
 * @param now seconds since the epoch.
 * @throws TokenRefused
 */
export function readAccess(
  claims: Readonly<Record<string, unknown>>,
  expected: Expected,
  now: number,
): Access {
  const text = (name: string) => textOf(claims, name)
  const time = (name: string) => timeOf(claims, name)
  if (text('iss') !== expected.issuer) refuse('wrong_issuer')
  // One audience, as a text: a token for us and somebody else could be used by somebody else here.
  if (claims['aud'] !== expected.audience) refuse('wrong_audience')
  const access: Access = {
    subject: text('sub'),
    tenantId: text('tid'),
    clientId: text('client_id'),
    grantId: text('sid'),
    tokenId: text('jti'),
    scopes: text('scope').split(' ').filter(Boolean),
    amr: textsOf(claims, 'amr'),
    acr: text('acr'),
    authTime: time('auth_time'),
    roles: claims['roles'] === undefined ? [] : textsOf(claims, 'roles'),
    issuedAt: time('iat'),
    expiresAt: time('exp'),
  }
  if (access.expiresAt + expected.skewSeconds <= now) refuse('expired')
  if (access.issuedAt > now + farAhead) refuse('not_yet_valid')
  if (claims['nbf'] !== undefined && time('nbf') > now + expected.skewSeconds) refuse('not_yet_valid')
  if (expected.tenants !== 'any' && !expected.tenants.includes(access.tenantId)) refuse('wrong_tenant')
  return access
}

function textOf(claims: Readonly<Record<string, unknown>>, name: string): string {
  const value = claims[name]
  return typeof value === 'string' ? value : refuse('malformed_claims')
}

function textsOf(claims: Readonly<Record<string, unknown>>, name: string): string[] {
  const value = claims[name]
  if (!Array.isArray(value)) return refuse('malformed_claims')
  return value.map((item) => (typeof item === 'string' ? item : refuse('malformed_claims')))
}

function timeOf(claims: Readonly<Record<string, unknown>>, name: string): number {
  const value = claims[name]
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : refuse('malformed_claims')
}

function refuse(reason: RefusedFor): never {
  throw new TokenRefused(reason)
}
