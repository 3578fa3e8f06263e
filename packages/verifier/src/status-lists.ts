import { fetchKeySet } from './fetch-key-set.ts'
import { forAMoment } from './for-a-moment.ts'
import { isSet, readStatusList, type StatusList } from './read-status-list.ts'
import type { StatusClaim } from './status-claim.ts'
import type { VerifyingKey } from './verifying-key.ts'

export interface StatusListsOptions {
  readonly issuer: string
  /** Lists are asked for beside it, where it is not at the issuer's own address. */
  readonly keySetUrl?: string
  readonly now: () => number
  /** Of answers, how old they are. */
  readonly monotonic: () => number
  /** A key that signs status lists, by its id. @throws when there is no telling. */
  readonly find: (kid: string) => Promise<VerifyingKey | undefined>
  /** Told the keys of the issuer that were given up. */
  readonly deny: (kids: readonly string[]) => void
}

export type Status = 'valid' | 'revoked' | 'no_such_slot' | 'unknown'

interface Held {
  list: StatusList | undefined
  etag: string | undefined
  renewFrom: number
  freshUntil: number
  askAfter: number
  failures: number
  asking: Promise<void> | undefined
}

/** More lists than an issuer has; the one that was heard of first goes when there are more. */
const most = 4096
const firstRetry = 1_000
const lastRetry = 15_000
/** A list that has expired still tells of revoked tokens for so long. It must not for longer: slots are used again. */
const lastWord = 300_000

/**
 * The issuer's status lists, each asked for once for everybody who waits, used as long as it says (`ttl`), renewed
 * behind a request's back before that, and kept until it expires when it cannot be had anew. Never an older one than
 * was seen.
 */
export class StatusLists {
  readonly #options: StatusListsOptions
  readonly #lists = new Map<string, Held>()

  constructor(options: StatusListsOptions) {
    this.#options = options
  }

  /** What is known of a token's status; `unknown` where its list cannot be had. */
  async statusOf({ uri, idx }: StatusClaim): Promise<Status> {
    const held = this.#held(uri)
    await this.#renew(uri, held)
    const { list } = held
    const now = this.#options.now()
    if (list === undefined || now >= list.until + lastWord) return 'unknown'
    const revoked = isSet(list, idx)
    if (revoked === true) return 'revoked'
    if (now >= list.until) return 'unknown'
    return revoked === undefined ? 'no_such_slot' : 'valid'
  }

  #held(uri: string): Held {
    const known = this.#lists.get(uri)
    if (known !== undefined) return known
    const [oldest] = this.#lists.keys()
    if (this.#lists.size >= most && oldest !== undefined) this.#lists.delete(oldest)
    const never = -Infinity
    const times = { renewFrom: never, freshUntil: never, askAfter: never }
    const held: Held = { list: undefined, etag: undefined, ...times, failures: 0, asking: undefined }
    this.#lists.set(uri, held)
    return held
  }

  async #renew(uri: string, held: Held): Promise<void> {
    const time = this.#options.monotonic()
    if (time < held.renewFrom || (time < held.askAfter && held.asking === undefined)) return
    held.asking ??= this.#ask(uri, held).finally(() => (held.asking = undefined))
    if (time >= held.freshUntil) await (held.failures === 0 ? held.asking : forAMoment(held.asking))
  }

  /** Never rejects: what is at hand is as good as it was. */
  async #ask(uri: string, held: Held): Promise<void> {
    const { monotonic } = this.#options
    try {
      await this.#fetch(uri, held)
      const fresh = held.list?.ttl ?? 0
      held.failures = 0
      held.freshUntil = monotonic() + fresh
      // Each process at another moment: a fleet must not ask in step.
      held.renewFrom = monotonic() + fresh * (0.6 + Math.random() * 0.3)
    } catch {
      held.askAfter = monotonic() + Math.min(lastRetry, firstRetry * 2 ** held.failures)
      held.failures += 1
    }
  }

  async #fetch(uri: string, held: Held): Promise<void> {
    const { now, find, deny } = this.#options
    const isLive = held.list !== undefined && now() < held.list.until
    const { document, etag } = await fetchKeySet(this.#addressOf(uri), isLive ? held.etag : undefined)
    if (document === undefined) return
    const list = await readStatusList(document, { uri, find, now: now() })
    if (held.list !== undefined && list.issuedAt < held.list.issuedAt)
      throw new Error('The status list is older than one that was read before.')
    deny(list.deniedKids)
    Object.assign(held, { list, etag })
  }

  #addressOf(uri: string): string {
    const { issuer, keySetUrl } = this.#options
    if (keySetUrl === undefined) return uri
    return new URL(uri.slice(`${issuer}/.well-known/`.length), keySetUrl).href
  }
}
