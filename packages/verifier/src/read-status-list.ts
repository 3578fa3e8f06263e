import { inflateSync } from 'node:zlib'
import { compactVerify, type CompactJWSHeaderParameters } from 'jose'
import { strictHeader } from './strict-header.ts'
import type { VerifyingKey } from './verifying-key.ts'

/** A status list that was verified. Times in milliseconds since the epoch. */
export interface StatusList {
  readonly bits: Buffer
  readonly issuedAt: number
  readonly until: number
  /** How long it may be used before another is asked for. */
  readonly ttl: number
  readonly deniedKids: readonly string[]
}

interface Claims {
  readonly sub: string
  readonly iat: number
  readonly exp: number
  readonly ttl?: number
  readonly status_list: { readonly bits: number; readonly lst: string }
  readonly denied_kids?: readonly string[]
}

export interface ReadStatusList {
  readonly uri: string
  /** A key that signs status lists, by its id. */
  readonly find: (kid: string) => Promise<VerifyingKey | undefined>
  readonly now: number
}

const farAhead = 60_000
const usualTtl = 15
/** Bytes that a list's bits may have: a million slots, eight times what there is. A small text may hide any number. */
const largest = 131_072

/**
 * Verifies and opens a status list (Token Status List 8.3): by a key for status lists, of the type, about this list,
 * neither from the future nor expired, and not larger than a list can be.
 * @throws what is wrong with it.
 */
export async function readStatusList(
  document: string,
  { uri, find, now }: ReadStatusList,
): Promise<StatusList> {
  if (strictHeader(document, ['alg', 'typ', 'kid']) === undefined) throw new Error('This is no status list.')
  const { payload } = await compactVerify(document, (header) => keyOf(header, find), {
    algorithms: ['ES256', 'RS256', 'EdDSA'],
  })
  const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  requireClaims(claims)
  if (claims.sub !== uri) throw new Error('The status list is another one.')
  if (claims.iat * 1000 > now + farAhead) throw new Error('The status list is from the future.')
  if (claims.exp * 1000 <= now) throw new Error('The status list has expired.')
  const bits = inflateSync(Buffer.from(claims.status_list.lst, 'base64url'), { maxOutputLength: largest })
  return {
    bits,
    issuedAt: claims.iat * 1000,
    until: claims.exp * 1000,
    ttl: (claims.ttl ?? usualTtl) * 1000,
    deniedKids: claims.denied_kids ?? [],
  }
}

async function keyOf({ typ, kid, alg }: CompactJWSHeaderParameters, find: ReadStatusList['find']) {
  if (typ !== 'statuslist+jwt' || typeof kid !== 'string') throw new Error('This is no status list.')
  const key = await find(kid)
  if (key === undefined || key.alg !== alg) throw new Error('The status list is by no key for status lists.')
  return key.key
}

function requireClaims(claims: unknown): asserts claims is Claims {
  const {
    sub,
    iat,
    exp,
    ttl = usualTtl,
    status_list: list,
    denied_kids: denied = [],
  } = claims as Partial<Claims>
  const isRight =
    typeof sub === 'string' &&
    [iat, exp].every(Number.isSafeInteger) &&
    typeof ttl === 'number' &&
    ttl > 0 &&
    list?.bits === 1 &&
    typeof list.lst === 'string' &&
    Array.isArray(denied) &&
    denied.every((kid: unknown) => typeof kid === 'string')
  if (!isRight) throw new Error('The status list is malformed.')
}

/** Whether a slot's bit is set, the lowest first in each byte; undefined where the list has no such slot. */
export function isSet({ bits }: StatusList, slot: number): boolean | undefined {
  const byte = bits[Math.floor(slot / 8)]
  return byte === undefined ? undefined : ((byte >> (slot % 8)) & 1) === 1
}
