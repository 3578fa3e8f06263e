import {
  digestOf,
  keySetCaching,
  readHistoricalKeys,
  readKeySet,
  type EndorsedKey,
  type KeySet,
  type KeySetFault,
  type NextAnchor,
} from '@iam/domain/key-set'
import type { Config } from './config.ts'
import { freshnessOf, type Freshness } from './freshness.ts'
import { prepare, type Prepared } from './prepared.ts'

type Settings = Pick<Config, 'env' | 'issuer' | 'anchors' | 'endorsementAnchors' | 'floor' | 'maxAge'>

/** Told when a document is taken or refused. */
export interface Watcher {
  taken(keySet: KeySet): void
  refused(fault: string): void
  /** The anchor that is to sign the set, or the spare after it, is not pinned here: from then on nothing is taken. */
  unpinned(anchor: NextAnchor): void
  /** What is served has grown old, and nothing newer is to be had. */
  aged(freshness: Freshness, status: KeySetStatus): void
}

export interface KeySetStatus {
  readonly version: number
  readonly issuedAt: string
  readonly expiresAt: string
  readonly ageSeconds: number
  readonly freshness: Freshness
  readonly expired: boolean
  readonly keys: number
  /** Thumbprint of the key that signed it. */
  readonly anchor: string
  /** The one that is announced, and whether it and the one after it are pinned here. */
  readonly nextAnchor?: NextAnchor & { readonly pinned: boolean; readonly sparePinned: boolean }
}

/**
 * The key set that is served: the newest document that was verified. A document that is refused changes nothing;
 * one below the highest version seen of any region is refused.
 */
export class ServedKeySet {
  readonly #settings: Settings
  readonly #watcher: Watcher
  #floor: Readonly<Record<string, number>>
  #retired: ReadonlySet<string> = new Set()
  #keySet: KeySet | undefined
  #history: string | undefined
  #answers = new Map<string, Prepared>()
  #shape = ''
  #freshness: Freshness = 'fresh'

  constructor(settings: Settings, watcher: Watcher) {
    this.#settings = settings
    this.#watcher = watcher
    this.#floor = settings.floor
  }

  /** The prepared answer for a path; undefined when there is none, or none that may be served now. */
  answer(path: string): Prepared | undefined {
    return this.#answers.get(path)
  }

  /** The regions whose keys are served, and the keys that sign status lists at this time. */
  get regions(): readonly string[] {
    return Object.keys(this.#keySet?.claims.parts ?? {})
  }

  statusKeys(now: Date): EndorsedKey[] {
    return live(this.#keySet?.statusKeys ?? [], now)
  }

  /** Takes a document if it is good and at least as new as what is served. @returns whether it is served now. */
  async offer(document: string, now: Date): Promise<boolean> {
    const fault = await this.take(document, now)
    if (fault !== undefined) this.#watcher.refused(fault)
    return fault === undefined
  }

  /** The same, where a document that is refused is nothing to tell of. @returns why it is refused. */
  async take(document: string, now: Date): Promise<KeySetFault | undefined> {
    if (document === this.#keySet?.document) {
      this.refresh(now)
      return undefined
    }
    const { env, issuer, anchors, endorsementAnchors } = this.#settings
    const read = await readKeySet(document, {
      env,
      issuer,
      anchors,
      endorsementAnchors,
      retired: [...this.#retired],
      floor: this.#floor,
      now,
    })
    if (typeof read === 'string') return read
    this.#keySet = read
    this.#floor = { ...this.#floor, ...read.claims.parts }
    this.#retired = new Set([...this.#retired, ...(read.claims.retired_anchors ?? [])])
    this.refresh(now)
    this.#watcher.taken(read)
    const next = this.status(now)?.nextAnchor
    if (next !== undefined && !(next.pinned && next.sparePinned)) this.#watcher.unpinned(next)
    return undefined
  }

  /** Learns from a good document which anchors have retired, and nothing else. */
  async heed(document: string, now: Date): Promise<void> {
    const read = await readKeySet(document, { ...this.#settings, floor: {}, now })
    if (typeof read === 'string') return
    this.#retired = new Set([...this.#retired, ...(read.claims.retired_anchors ?? [])])
  }

  /** Whether the key set names historical keys other than those that are served. */
  get lacksHistory(): boolean {
    const named = this.#keySet?.claims.history
    return named !== undefined && (this.#history === undefined || digestOf(this.#history) !== named)
  }

  /** Takes the historical keys if they are those that the key set names. The last good ones stay if not. */
  async offerHistory(document: string): Promise<boolean> {
    const digest = this.#keySet?.claims.history
    const read = await readHistoricalKeys(document, {
      ...this.#settings,
      retired: [...this.#retired],
      digest,
    })
    if (typeof read === 'string') {
      this.#watcher.refused(`history_${read}`)
      return false
    }
    this.#history = document
    this.#answers.set(historyPath, this.#prepareHistory(document))
    return true
  }

  #prepareHistory(document: string): Prepared {
    const cacheControl = caching(this.#settings.maxAge, keySetCaching.fresh)
    return prepare(document, { type: 'application/jwk-set+jwt', cacheControl })
  }

  /** Drops what has come to its end since: keys one by one, and the signed document at its `exp`. */
  refresh(now: Date): void {
    const keySet = this.#keySet
    if (keySet === undefined) return
    const [keys, statusKeys] = [live(keySet.keys, now), this.statusKeys(now)]
    const expired = keySet.claims.exp * 1000 <= now.getTime()
    this.#watchAge(now)
    const shape = `${keySet.claims.version} ${keys.length} ${statusKeys.length} ${String(expired)}`
    if (shape === this.#shape) return
    this.#shape = shape
    this.#answers = this.#prepareAnswers(keySet, { keys, statusKeys, expired })
  }

  /** Told once for each step that it ages. */
  #watchAge(now: Date): void {
    const status = this.status(now)
    if (status === undefined || status.freshness === this.#freshness) return
    this.#freshness = status.freshness
    if (status.freshness !== 'fresh') this.#watcher.aged(status.freshness, status)
  }

  #prepareAnswers(keySet: KeySet, { keys, statusKeys, expired }: Served): Map<string, Prepared> {
    const cacheControl = caching(this.#settings.maxAge, keySetCaching.fresh)
    const json = { type: 'application/json', cacheControl }
    const metadata = prepare(JSON.stringify(keySet.claims.metadata.openid_provider), {
      type: 'application/json',
      cacheControl: caching(metadataFresh, metadataFresh),
    })
    const answers = new Map([
      ['/.well-known/openid-configuration', metadata],
      ['/.well-known/oauth-authorization-server', metadata],
    ])
    // A member of our own besides `keys`, as RFC 7517 5 allows; JSON leaves it out where there is none.
    const plain = JSON.stringify({ keys, next_rotation: keySet.claims.next_rotation })
    if (keys.length > 0) answers.set('/.well-known/jwks.json', prepare(plain, json))
    if (statusKeys.length > 0)
      answers.set('/.well-known/status-jwks.json', prepare(JSON.stringify({ keys: statusKeys }), json))
    for (const key of keys) {
      const document = prepare(JSON.stringify(key), { type: 'application/jwk+json', cacheControl })
      answers.set(`/.well-known/jwks/${key.kid}.json`, document)
    }
    if (this.#history !== undefined) answers.set(historyPath, this.#prepareHistory(this.#history))
    if (!expired) {
      const signed = { type: 'application/jwk-set+jwt', cacheControl }
      answers.set('/.well-known/jwks.jwt', prepare(keySet.document, signed))
    }
    return answers
  }

  /** How fresh what is served is; undefined while there is nothing. */
  status(now: Date): KeySetStatus | undefined {
    if (this.#keySet === undefined) return undefined
    const { version, iat, exp, next_anchor: next } = this.#keySet.claims
    const isPinned = (kid: string) => this.#settings.anchors.includes(kid)
    const pins = next && { pinned: isPinned(next.kid), sparePinned: isPinned(next.spare) }
    return {
      version,
      issuedAt: new Date(iat * 1000).toISOString(),
      expiresAt: new Date(exp * 1000).toISOString(),
      ageSeconds: Math.floor(now.getTime() / 1000) - iat,
      freshness: freshnessOf({ iat, exp }, now.getTime() / 1000),
      expired: exp * 1000 <= now.getTime(),
      keys: this.#keySet.keys.length,
      anchor: this.#keySet.anchor,
      ...(next && pins && { nextAnchor: { ...next, ...pins } }),
    }
  }
}

/** What is served of a key set at a time. */
interface Served {
  readonly keys: readonly EndorsedKey[]
  readonly statusKeys: readonly EndorsedKey[]
  readonly expired: boolean
}

function live(keys: KeySet['keys'], now: Date): EndorsedKey[] {
  const seconds = now.getTime() / 1000
  return keys.filter(({ verifyUntil }) => verifyUntil > seconds).map(({ key }) => key)
}

/** What discovery calls `federation_historical_keys_endpoint`. */
export const historyPath = '/.well-known/historical-keys.jwt'

const metadataFresh = 3600

/** Cache-Control for services and browsers, and for the CDN: seconds. */
function caching(maxAge: number, shared: number): string {
  const { whileRevalidating, ifError } = keySetCaching
  return `public, max-age=${maxAge}, s-maxage=${shared}, stale-while-revalidate=${whileRevalidating}, stale-if-error=${ifError}`
}
