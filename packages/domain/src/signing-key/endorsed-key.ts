import { requiredMembers, type EndorsedKey } from '../key-set/index.ts'
import type { SigningKeyRow } from './queries.ts'

/** A row's public half as it stands in the key set. */
export function endorsedKey(
  row: Pick<SigningKeyRow, 'publicJwk' | 'kid' | 'alg' | 'endorsement'>,
): EndorsedKey {
  const { kid, alg, endorsement } = row
  return { ...requiredMembers(row.publicJwk), kid, alg, use: 'sig', endorsement }
}
