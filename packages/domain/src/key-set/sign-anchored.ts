import type { EcJwk } from './thumbprint.ts'

/** A key whose thumbprint verifiers have pinned. It lives in a key-management service and signs bytes with ES256. */
export interface AnchorSigner {
  readonly kid: string
  readonly jwk: EcJwk
  /** @returns the 64 bytes r||s of RFC 7518 3.4. */
  sign(bytes: Buffer): Promise<Buffer>
}

/**
 * A compact JWS (RFC 7515 7.1) by an anchor. The header carries the anchor's public key, so that a verifier
 * needs to know no more than its thumbprint.
 */
export async function signAnchored(signer: AnchorSigner, typ: string, claims: object): Promise<string> {
  const header = { alg: 'ES256', typ, kid: signer.kid, jwk: signer.jwk }
  const input = `${segment(header)}.${segment(claims)}`
  const signature = await signer.sign(Buffer.from(input))
  return `${input}.${signature.toString('base64url')}`
}

function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
