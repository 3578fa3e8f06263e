import type { KeyObject } from 'node:crypto'
import type { AnchorSigner } from './sign-anchored.ts'
import { thumbprint, type EcJwk } from './thumbprint.ts'

/** An anchor from its public key and what signs with its private half, r||s. Refuses any key but one on P-256. */
export function anchorOf(publicKey: KeyObject, sign: AnchorSigner['sign']): AnchorSigner {
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  if (kty !== 'EC' || crv !== 'P-256') throw new Error('An anchor must be an EC key on P-256.')
  const jwk = { kty, crv, x, y } as EcJwk
  return { kid: thumbprint(jwk), jwk, sign }
}
