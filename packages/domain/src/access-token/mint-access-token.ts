import type { Signer } from '../signing-key/index.ts'

/** The claims of an access token (RFC 9068 2.2), times in seconds. */
export interface AccessTokenClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: string
  readonly exp: number
  readonly iat: number
  readonly jti: string
  readonly client_id: string
  readonly scope: string
  /** The grant's id: never shared between clients, so that two of them cannot compare notes. */
  readonly sid: string
  readonly tid: string
  readonly amr: readonly string[]
  readonly acr: string
  readonly auth_time: number
  /** What the person is to other services, `role` or `unit/role` (RFC 9068 2.2.3.1). */
  readonly roles?: readonly string[]
  /** Where it is told that the grant was revoked (Token Status List 6.2). */
  readonly status?: { readonly status_list: { readonly idx: number; readonly uri: string } }
}

/** Signs an access token: at once where the signer does, which its usual one in memory does. */
export function mintAccessToken(signer: Signer, claims: AccessTokenClaims): string | Promise<string> {
  const input = `${signer.header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  const signature = signer.sign(input, claims.tid)
  if (typeof signature === 'string') return `${input}.${signature}`
  return signature.then((signed) => `${input}.${signed}`)
}
