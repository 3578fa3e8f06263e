import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { compactVerify } from 'jose'
import { statusListUri } from './status-list-address.ts'
import { statusListTyp, type StatusListClaims } from './status-list-claims.ts'

export interface ReadStatusList {
  readonly issuer: string
  readonly id: string
  /** The keys that sign status lists now; never those of tokens. */
  readonly keys: readonly (JsonWebKey & { readonly kid: string; readonly alg: string })[]
  readonly now: Date
}

export type StatusListFault = 'not_ours' | 'malformed' | 'another_list' | 'from_the_future' | 'expired'

const skewSeconds = 60

/** Verifies a status list (Token Status List 8.3), without looking into its bits. @returns its claims, or why it is refused. */
export async function readStatusList(
  document: string,
  { issuer, id, keys, now }: ReadStatusList,
): Promise<StatusListClaims | StatusListFault> {
  const claims = await verified(document, keys)
  if (claims === undefined) return 'not_ours'
  if (!isStatusListClaims(claims)) return 'malformed'
  if (claims.sub !== statusListUri(issuer, id)) return 'another_list'
  const seconds = now.getTime() / 1000
  if (claims.iat > seconds + skewSeconds) return 'from_the_future'
  return claims.exp <= seconds ? 'expired' : claims
}

async function verified(document: string, keys: ReadStatusList['keys']): Promise<object | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(
      document,
      ({ kid, alg }) => {
        const key = keys.find((known) => known.kid === kid && known.alg === alg)
        if (key === undefined) throw new Error('The list is by no key for status lists.')
        return createPublicKey({ key, format: 'jwk' })
      },
      { algorithms: ['ES256'] },
    )
    if (protectedHeader.typ !== statusListTyp) return undefined
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    return typeof claims === 'object' && claims !== null ? claims : undefined
  } catch {
    return undefined
  }
}

function isStatusListClaims(claims: object): claims is StatusListClaims {
  const { sub, iat, exp, ttl, status_list: list, denied_kids: denied } = claims as Partial<StatusListClaims>
  return (
    typeof sub === 'string' &&
    [iat, exp, ttl].every(Number.isInteger) &&
    list?.bits === 1 &&
    typeof list.lst === 'string' &&
    Array.isArray(denied) &&
    denied.every((kid: unknown) => typeof kid === 'string')
  )
}
