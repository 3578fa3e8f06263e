import { fetchKeySet, type Fetched } from './fetch-key-set.ts'
import { readPlainKeySet } from './read-plain-key-set.ts'
import { forAMoment } from './for-a-moment.ts'
import { SignedKeySetReader, type KeyPurpose, type Pinned } from './signed-key-set-reader.ts'
import { KeysUnavailable } from './refusals.ts'
import type { ReadKeySet, VerifyingKey } from './verifying-key.ts'

export interface KeySetOptions {
  /** The issuer, letter for letter as its tokens name it. */
  readonly issuer: string
  /**
   * Where its key set is, if not at `/.well-known/jwks.json` (with `pinned`: `/.well-known/jwks.jwt`). What belongs to
   * status lists is asked for beside it.
   */
  readonly keySetUrl?: string
  /**
   * Thumbprints that the signed key set and every key in it are held against. With them, nobody on the way can
   * give this service a key: neither the CDN, nor the object store, nor who can write the issuer's database.
   */
  readonly pinned?: Pinned
  /** The longest that a key set is used without asking again, in seconds; 600 when nothing is said. */
  readonly cacheSeconds?: number
  /** How long it is used when the issuer cannot be reached, in seconds; a day when nothing is said. */
  readonly keepSeconds?: number
  /** Which of the issuer's keys are wanted: those of tokens when nothing is said. */
  readonly purpose?: KeyPurpose
  readonly now: () => number
  /** Of answers, how old they are. */
  readonly monotonic: () => number
}

/** The least between two questions, in milliseconds: a flood of made-up key ids must not become one of questions. */
const cooldown = 30_000
/** The least time that an answer is used, in milliseconds, whatever it says of itself. */
const leastFresh = 30_000
const firstRetry = 1_000

/**
 * The issuer's keys, asked for once for everybody who waits. What is at hand is renewed behind the request's back
 * shortly before it runs out; after that a request waits for the answer, so that a key that was given up is not used
 * for longer. A key id that nobody knows is a reason to ask, once in thirty seconds.
 */
export class KeySetCache {
  readonly #options: KeySetOptions
  readonly #read: (document: string) => Promise<ReadKeySet>
  readonly #url: string
  #keys: ReadonlyMap<string, VerifyingKey> = new Map()
  #etag: string | undefined
  #until = Infinity
  #renewFrom = -Infinity
  #freshUntil = -Infinity
  #keptUntil = -Infinity
  #askAfter = -Infinity
  #failures = 0
  #asking: Promise<void> | undefined
  readonly #denied = new Set<string>()

  constructor(options: KeySetOptions) {
    const { issuer, pinned, now, purpose = 'token' } = options
    this.#options = options
    this.#url = addressOf(options)
    const signed = pinned && new SignedKeySetReader({ issuer, pinned, now, purpose })
    this.#read = signed ? (document) => signed.read(document) : async (document) => readPlainKeySet(document)
  }

  /** @throws KeysUnavailable when there is no key set and none can be had. */
  async ready(): Promise<void> {
    const time = this.#options.monotonic()
    if (time < this.#keptUntil) return
    if (this.#asking === undefined && time < this.#askAfter) throw this.#unavailable()
    await this.#ask().catch((error: unknown) => {
      throw this.#unavailable(error)
    })
  }

  /** The key of that id; undefined when the issuer has none. @throws KeysUnavailable */
  async find(kid: string): Promise<VerifyingKey | undefined> {
    await this.ready()
    const time = this.#options.monotonic()
    if (time >= this.#renewFrom && time >= this.#askAfter) {
      const isFirst = this.#failures === 0
      const renewed = this.#ask().catch(() => undefined)
      if (time >= this.#freshUntil) await (isFirst ? renewed : forAMoment(renewed))
    }
    const known = this.#live(kid)
    if (known !== undefined || (time < this.#askAfter && this.#asking === undefined)) return known
    await this.#ask().catch(() => undefined)
    return this.#live(kid)
  }

  /** Lets go of keys that were given up, and takes none of them back: that is final. */
  deny(kids: readonly string[]): void {
    for (const kid of kids) this.#denied.add(kid)
  }

  isDenied(kid: string): boolean {
    return this.#denied.has(kid)
  }

  #live(kid: string): VerifyingKey | undefined {
    const key = this.#keys.get(kid)
    return key !== undefined && !this.#denied.has(kid) && this.#options.now() < key.until ? key : undefined
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#fetch().finally(() => (this.#asking = undefined))
    return this.#asking
  }

  async #fetch(): Promise<void> {
    try {
      // That an expired document has not changed is no news of the keys.
      const known = this.#options.now() < this.#until ? this.#etag : undefined
      const answer = await fetchKeySet(this.#url, known)
      if (answer.document !== undefined) await this.#take(answer.document, answer.etag)
      this.#renew(answer)
    } catch (error) {
      this.#failures += 1
      const wait = Math.min(cooldown, firstRetry * 2 ** (this.#failures - 1))
      this.#askAfter = this.#options.monotonic() + wait
      throw error
    }
  }

  async #take(document: string, etag: string | undefined): Promise<void> {
    const { keys, until } = await this.#read(document)
    if (keys.length === 0) throw new Error('The key set has no key that can be used.')
    this.#keys = new Map(keys.map((key) => [key.kid, key]))
    this.#etag = etag
    this.#until = until
  }

  #renew({ freshSeconds }: Fetched): void {
    const { monotonic, cacheSeconds = 600, keepSeconds = 86_400 } = this.#options
    const fresh = Math.max(leastFresh, Math.min(freshSeconds ?? Infinity, cacheSeconds) * 1000)
    this.#failures = 0
    this.#askAfter = monotonic() + cooldown
    this.#freshUntil = monotonic() + fresh
    // Each process at another moment: a fleet must not ask in step.
    this.#renewFrom = monotonic() + fresh * (0.8 + Math.random() / 10)
    this.#keptUntil = monotonic() + Math.max(fresh, keepSeconds * 1000)
  }

  #unavailable(cause?: unknown): KeysUnavailable {
    const wait = Math.max(0, this.#askAfter - this.#options.monotonic())
    return new KeysUnavailable(Math.max(1, Math.ceil(wait / 1000)), cause)
  }
}

function addressOf(options: KeySetOptions): string {
  const url = new URL(documentOf(options), options.keySetUrl ?? `${options.issuer}/.well-known/`)
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal))
    throw new Error(`The key set must be fetched by https, not from ${url.origin}.`)
  return url.href
}

/** The signed key set has the keys of status lists in it; without it they are in a document of their own. */
function documentOf({ keySetUrl, pinned, purpose = 'token' }: KeySetOptions): string {
  if (pinned === undefined && purpose === 'status') return 'status-jwks.json'
  return keySetUrl ?? (pinned === undefined ? 'jwks.json' : 'jwks.jwt')
}
