import type { EndorsedKey } from '../key-set/index.ts'
import type { SigningKeyRow } from './queries.ts'

/** A row's public half as it stands in the key set. */
export function endorsedKey(
  row: Pick<SigningKeyRow, 'publicJwk' | 'kid' | 'alg' | 'endorsement'>,
): EndorsedKey {
  const { kty, crv, x, y } = row.publicJwk
  return { kty, crv, x, y, kid: row.kid, alg: row.alg, use: 'sig', endorsement: row.endorsement }
}
