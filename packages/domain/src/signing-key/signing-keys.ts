import type { KeyObject } from 'node:crypto'
import type { SigningAlg } from '../key-set/index.ts'
import type { RecentTokens } from './recent-tokens.ts'
import { Refusal } from '../kit/index.ts'
import type { Sign } from './jws-signature.ts'
import type { SigningKeyRow } from './queries.ts'

/** A key of this issuer as an instance holds it: endorsed, unwrapped, and seen to sign. */
export interface LoadedSigningKey extends Signer {
  readonly publicKey: KeyObject
  /** Null for one that does not sign yet, or any more. */
  readonly activateAt: Date | null
  readonly signUntil: Date
  readonly verifyUntil: Date
}

/** What signs access tokens, wherever its private key is. */
export interface Signer {
  readonly kid: string
  readonly alg: SigningAlg
  /** The encoded protected header of an access token: the first segment of each that this key signs, and of no other. */
  readonly header: string
  /** Signs header and payload with the dot between them. @returns the token's third segment. */
  readonly sign: Sign
  /** Set for a key that is not in memory, so that signing is slow, scarce and may fail: what it signed lately. */
  readonly recentTokens?: RecentTokens | undefined
}

/** The issuer's keys in this instance. Which one signs is a function of their times alone, not of any message. */
export class SigningKeys {
  #byHeader = new Map<string, LoadedSigningKey>()
  #missing = new Set<string>()
  #ahead = 0
  #wasWhole = false
  readonly #usualAlg: SigningAlg

  /** @param usualAlg the algorithm of tokens that are pinned to none. */
  constructor(usualAlg: SigningAlg = 'ES256') {
    this.#usualAlg = usualAlg
  }

  /**
   * @param databaseAhead milliseconds by which the database's clock is ahead of ours.
   * @param missing the headers of keys that could not be unwrapped yet.
   */
  replace(keys: readonly LoadedSigningKey[], databaseAhead: number, missing: readonly string[] = []): void {
    this.#byHeader = new Map(keys.map((key) => [key.header, key]))
    this.#missing = new Set(missing)
    this.#ahead = databaseAhead
    this.#wasWhole ||= missing.length === 0
  }

  /** False until every key was held at once for the first time: a token of another would look like a stranger's. */
  get isComplete(): boolean {
    return this.#wasWhole
  }

  byKid(kid: string): LoadedSigningKey | undefined {
    return this.all().find((key) => key.kid === kid)
  }

  all(): readonly LoadedSigningKey[] {
    return [...this.#byHeader.values()]
  }

  /** The algorithm of tokens that are pinned to none. */
  get usualAlg(): SigningAlg {
    return this.#usualAlg
  }

  /** What signs at `now`, by algorithm. */
  signers(now: Date): ReadonlyMap<SigningAlg, Signer> {
    const algs = new Set(this.all().map(({ alg }) => alg))
    const found = [...algs].map((alg) => this.signer(now, alg))
    return new Map(found.flatMap((signer) => (signer === undefined ? [] : [[signer.alg, signer]])))
  }

  /**
   * The key of a line that signs at `now`: of those whose activation has come and whose time to sign has not passed,
   * the one activated last. Undefined when there is none; nothing is issued then.
   * @param alg the line, the usual one when nothing is said.
   */
  signer(now: Date, alg: SigningAlg | null = null): Signer | undefined {
    const time = new Date(now.getTime() + this.#ahead)
    let chosen: LoadedSigningKey | undefined
    for (const key of this.#byHeader.values()) {
      if (key.alg !== (alg ?? this.#usualAlg)) continue
      if (key.activateAt === null || key.activateAt > time || key.signUntil <= time) continue
      if (chosen?.activateAt == null || key.activateAt > chosen.activateAt) chosen = key
    }
    return chosen
  }

  /**
   * The key that a token's first segment names. We made every token that we accept, byte for byte, so the
   * encoded header is looked up whole: no field of it is ever read, and nothing in it can mislead.
   * @throws Refusal `temporarily_unavailable` when there is such a key, and it could not be unwrapped so far.
   */
  verifier(header: string, now: Date): LoadedSigningKey | undefined {
    if (this.#missing.has(header)) throw new Refusal('temporarily_unavailable', { retryAfter: 1 })
    const key = this.#byHeader.get(header)
    return key !== undefined && key.verifyUntil.getTime() > now.getTime() + this.#ahead ? key : undefined
  }
}

/** The protected header of an access token (RFC 9068 2.1), encoded. */
export function accessTokenHeader(key: Pick<SigningKeyRow, 'alg' | 'kid'>): string {
  return Buffer.from(JSON.stringify({ alg: key.alg, typ: 'at+jwt', kid: key.kid })).toString('base64url')
}
