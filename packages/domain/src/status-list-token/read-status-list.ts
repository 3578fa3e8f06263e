import { createPublicKey } from 'node:crypto'
import { compactVerify } from 'jose'
import { strictHeader, type EndorsedKey } from '../key-set/index.ts'
import { statusListUri } from './status-list-address.ts'
import { statusListTyp, type StatusListClaims } from './status-list-claims.ts'

export interface ReadStatusList {
  readonly issuer: string
  readonly id: string
  /** The keys that sign status lists now; never those of tokens. */
  readonly keys: readonly EndorsedKey[]
  readonly now: Date
}

/** A list that was verified, and by which key. */
export interface VerifiedStatusList {
  readonly claims: StatusListClaims
  readonly kid: string
}

export type StatusListFault = 'not_ours' | 'malformed' | 'another_list' | 'from_the_future' | 'expired'

const skewSeconds = 60

/** Verifies a status list (Token Status List 8.3), without looking into its bits. @returns it, or why it is refused. */
export async function readStatusList(
  document: string,
  { issuer, id, keys, now }: ReadStatusList,
): Promise<VerifiedStatusList | StatusListFault> {
  const { claims, kid } = (await verified(document, keys)) ?? {}
  if (claims === undefined || kid === undefined) return 'not_ours'
  if (!isStatusListClaims(claims)) return 'malformed'
  if (claims.sub !== statusListUri(issuer, id)) return 'another_list'
  const seconds = now.getTime() / 1000
  if (claims.iat > seconds + skewSeconds) return 'from_the_future'
  return claims.exp <= seconds ? 'expired' : { claims, kid }
}

async function verified(
  document: string,
  keys: ReadStatusList['keys'],
): Promise<{ readonly claims: object; readonly kid: string | undefined } | undefined> {
  try {
    if (strictHeader(document, ['alg', 'typ', 'kid']) === undefined) return undefined
    const { payload, protectedHeader } = await compactVerify(
      document,
      ({ kid, alg }) => {
        const key = keys.find((known) => known.kid === kid && known.alg === alg)
        if (key === undefined) throw new Error('The list is by no key for status lists.')
        return createPublicKey({ key: { ...key }, format: 'jwk' })
      },
      { algorithms: ['ES256'] },
    )
    if (protectedHeader.typ !== statusListTyp) return undefined
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    const { kid } = protectedHeader
    return typeof claims === 'object' && claims !== null ? { claims, kid } : undefined
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
