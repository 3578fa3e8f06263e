import { decodeProtectedHeader } from 'jose'
import { keySetTyp, type KeySetClaims, type NextAnchor } from './build-key-set.ts'
import { readEndorsement, type EndorsedKey, type KeyPurpose } from './endorsement.ts'
import { verifyAnchored } from './verify-anchored.ts'

export interface ReadKeySet {
  readonly env: string
  readonly issuer: string
  /** Thumbprints of the publication keys: the current one and the spare. */
  readonly anchors: readonly string[]
  readonly endorsementAnchors: readonly string[]
  /** Those of them that were seen to have signed for the last time, in a key set by another of them. */
  readonly retired?: readonly string[]
  /** The highest version of each region's part seen so far: nothing below it is read. */
  readonly floor: Readonly<Record<string, number>>
  readonly now: Date
}

/** A key set that was verified: its keys are those whose endorsement holds. */
export interface KeySet {
  readonly document: string
  /** The thumbprint of the key that signed it. */
  readonly anchor: string
  readonly claims: KeySetClaims
  readonly keys: readonly ReadKey[]
  /** Those that sign status lists. */
  readonly statusKeys: readonly ReadKey[]
}

interface ReadKey {
  readonly key: EndorsedKey
  /** Seconds since the epoch. */
  readonly verifyUntil: number
}

export type KeySetFault =
  | 'not_ours'
  | 'retired_anchor'
  | 'malformed'
  | 'from_the_future'
  | 'older_than_seen'
  | 'no_endorsed_key'

const skewSeconds = 60

/**
 * Verifies a signed key set and every key in it. Being past `exp` is not refused here: a cache that restarts
 * while nothing newer can be had still serves the plain keys, each until its own end.
 * @returns the key set, or why it is refused.
 */
export async function readKeySet(document: string, expected: ReadKeySet): Promise<KeySet | KeySetFault> {
  const { anchors, retired = [] } = expected
  const claims = await verifyAnchored(document, { typ: keySetTyp, anchors })
  if (claims === undefined) return 'not_ours'
  const { kid: anchor = '' } = decodeProtectedHeader(document)
  if (!isKeySetClaims(claims)) return 'malformed'
  if (claims.iss !== expected.issuer || claims.sub !== expected.issuer) return 'not_ours'
  if (claims.iat > expected.now.getTime() / 1000 + skewSeconds) return 'from_the_future'
  // An anchor that retires itself would leave nobody to sign what comes after it.
  if (claims.retired_anchors?.includes(anchor)) return 'malformed'
  if (retired.includes(anchor)) return 'retired_anchor'
  if (isOlder(claims.parts, expected.floor)) return 'older_than_seen'
  const revoked = new Set(claims.revoked)
  const given = (all: readonly EndorsedKey[] = []) => all.filter(({ kid }) => !revoked.has(kid))
  const keys = await endorsedKeys(given(claims.keys), 'token', expected)
  const statusKeys = await endorsedKeys(given(claims.status_keys), 'status', expected)
  return keys.length === 0 ? 'no_endorsed_key' : { document, anchor, claims, keys, statusKeys }
}

/** True when any region's part is below what was seen of it, or has gone missing. */
function isOlder(parts: Readonly<Record<string, number>>, floor: Readonly<Record<string, number>>): boolean {
  return Object.entries(floor).some(([region, version]) => (parts[region] ?? 0) < version)
}

async function endorsedKeys(
  keys: readonly EndorsedKey[],
  purpose: KeyPurpose,
  expected: ReadKeySet,
): Promise<ReadKey[]> {
  const { env, issuer, endorsementAnchors: anchors } = expected
  const wanted = { env, issuer, anchors, scope: 'issuer', purpose }
  const read = await Promise.all(
    keys.map(async (key) => ({ key, endorsement: await readEndorsement(key, wanted) })),
  )
  return read.flatMap(({ key, endorsement }) =>
    endorsement === undefined || endorsement.verify_until * 1000 <= expected.now.getTime()
      ? []
      : [{ key, verifyUntil: endorsement.verify_until }],
  )
}

function isKeySetClaims(claims: Record<string, unknown>): claims is Record<string, unknown> & KeySetClaims {
  const { iat, exp, version, parts, keys, status_keys = [], next_rotation = 0, metadata } = claims
  return (
    [iat, exp, version, next_rotation].every(Number.isInteger) &&
    typeof parts === 'object' &&
    parts !== null &&
    Object.values(parts).every(Number.isInteger) &&
    [keys, status_keys].every(isKeys) &&
    [claims['revoked'], claims['retired_anchors']].every(areNames) &&
    (claims['part'] === undefined || isPart(claims['part'])) &&
    (claims['next_anchor'] === undefined || isNextAnchor(claims['next_anchor'])) &&
    typeof metadata === 'object' &&
    metadata !== null
  )
}

function areNames(names: unknown): boolean {
  return names === undefined || (Array.isArray(names) && names.every((name) => typeof name === 'string'))
}

function isNextAnchor(next: unknown): next is NextAnchor {
  if (typeof next !== 'object' || next === null) return false
  const { kid, spare, from } = next as Partial<NextAnchor>
  return typeof kid === 'string' && typeof spare === 'string' && Number.isInteger(from)
}

function isKeys(keys: unknown): boolean {
  return Array.isArray(keys) && keys.every((key: unknown) => typeof key === 'object' && key !== null)
}

function isPart(part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return false
  const { region, keys, revoked } = part as Readonly<Record<string, unknown>>
  return (
    typeof region === 'string' &&
    Array.isArray(keys) &&
    areNames(keys) &&
    Array.isArray(revoked) &&
    areNames(revoked)
  )
}
