import { calculateJwkThumbprint, type JWK } from 'jose'
import { readAnchored } from './anchored.ts'
import { readKeys, type ReadKeySet } from './verifying-key.ts'

/** Thumbprints (RFC 7638) of the keys by which an issuer signs what it publishes, as `iam bootstrap` prints them. */
export interface Pinned {
  /** The deployment: `prod`, for one. */
  readonly env: string
  /** The keys that sign the key set: the current one and the spare. */
  readonly keySet: readonly string[]
  /** The keys that endorse each key in it. */
  readonly endorsement: readonly string[]
}

/** What a key signs: access tokens, or status lists. A key for one is none for the other. */
export type KeyPurpose = 'token' | 'status'

interface Claims {
  readonly iss: string
  readonly sub: string
  readonly iat: number
  readonly exp: number
  readonly parts: Readonly<Record<string, number>>
  readonly keys: readonly PublishedKey[]
  readonly status_keys?: readonly PublishedKey[]
  /** Kids that were given up before their end. */
  readonly revoked?: readonly unknown[]
  /** Keys that have signed the set and never will again. */
  readonly retired_anchors?: readonly unknown[]
}

interface Endorsement {
  readonly v: number
  readonly env: string
  readonly iss: string
  readonly scope: string
  readonly purpose: string
  readonly kid: string
  readonly jwk: JWK
  readonly alg: string
  readonly verify_until: number
}

type PublishedKey = JWK & { readonly endorsement?: unknown }

interface SignedKeySetReaderOptions {
  readonly issuer: string
  readonly pinned: Pinned
  readonly now: () => number
  readonly purpose: KeyPurpose
}

const farAhead = 60

/**
 * Reads the signed key set (OpenID Federation 1.0, `signed_jwks_uri`). It must be by a pinned key, of this issuer,
 * not expired, and of no region older than what was read before; a key counts only with an endorsement by a pinned
 * key that says the same of it, and until the end that is endorsed.
 */
export class SignedKeySetReader {
  readonly #issuer: string
  readonly #pinned: Pinned
  readonly #now: () => number
  readonly #purpose: KeyPurpose
  #seen: Readonly<Record<string, number>> = {}
  #retired: readonly unknown[] = []

  constructor({ issuer, pinned, now, purpose }: SignedKeySetReaderOptions) {
    this.#issuer = issuer
    this.#pinned = pinned
    this.#now = now
    this.#purpose = purpose
  }

  /** @throws what is wrong with the document; then nothing has changed. */
  async read(document: string): Promise<ReadKeySet> {
    const anchors = this.#pinned.keySet.filter((kid) => !this.#retired.includes(kid))
    const claims = (await readAnchored(document, 'jwk-set+jwt', anchors)) as Claims | undefined
    if (claims === undefined) throw new Error('The key set is not signed by a pinned key.')
    this.#requireNewest(claims)
    const wanted = this.#purpose === 'token' ? claims.keys : (claims.status_keys ?? [])
    const given = wanted.filter(({ kid }) => !claims.revoked?.includes(kid ?? ''))
    const ends = await Promise.all(given.map((key) => this.#endorsedUntil(key)))
    const endOf = new Map(given.map((key, index) => [key, ends[index] ?? -Infinity]))
    const keys = readKeys(given, (key) => endOf.get(key) ?? -Infinity)
    this.#seen = { ...this.#seen, ...claims.parts }
    this.#retired = [...new Set([...this.#retired, ...(claims.retired_anchors ?? [])])]
    return { keys: keys.filter(({ until }) => this.#now() < until), until: claims.exp * 1000 }
  }

  #requireNewest({ iss, sub, iat, exp, parts, keys, ...lists }: Claims): void {
    const now = this.#now() / 1000
    if (iss !== this.#issuer || sub !== this.#issuer) throw new Error('The key set is of another issuer.')
    if (
      !Number.isInteger(iat) ||
      !Number.isInteger(exp) ||
      !Array.isArray(keys) ||
      !areLists(lists) ||
      !isVersions(parts)
    )
      throw new Error('The key set is malformed.')
    if (iat > now + farAhead) throw new Error('The key set is from the future.')
    if (exp <= now) throw new Error('The key set has expired.')
    if (Object.entries(this.#seen).some(([region, version]) => (parts[region] ?? 0) < version))
      throw new Error('The key set is older than one that was read before.')
  }

  /** @returns milliseconds since the epoch, or undefined where the key is not endorsed. */
  async #endorsedUntil(key: PublishedKey): Promise<number | undefined> {
    if (typeof key.endorsement !== 'string') return undefined
    const says = (await readAnchored(key.endorsement, 'iam-endorsement+jwt', this.#pinned.endorsement)) as
      | Endorsement
      | undefined
    if (says === undefined || says.v !== 1 || says.env !== this.#pinned.env || says.iss !== this.#issuer)
      return undefined
    if (says.scope !== 'issuer' || says.purpose !== this.#purpose || says.alg !== key.alg) return undefined
    const [endorsed, published] = await Promise.all([thumbprint(says.jwk), thumbprint(key)])
    if (endorsed === undefined || endorsed !== published || says.kid !== key.kid || key.kid !== endorsed)
      return undefined
    return Number.isInteger(says.verify_until) ? says.verify_until * 1000 : undefined
  }
}

async function thumbprint(jwk: JWK): Promise<string | undefined> {
  return calculateJwkThumbprint(jwk).catch(() => undefined)
}

function isVersions(parts: unknown): parts is Record<string, number> {
  return typeof parts === 'object' && parts !== null && Object.values(parts).every(Number.isInteger)
}

function areLists({ revoked, retired_anchors: retired, status_keys: status }: Partial<Claims>): boolean {
  return [revoked, retired, status].every((list = []) => Array.isArray(list))
}
