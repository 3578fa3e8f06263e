import { parseStatusListId, readStatusList, type StatusListClaims } from '@iam/domain/status-list-token'
import { prepare, type Prepared } from './prepared.ts'
import type { ServedKeySet } from './served-key-set.ts'

export interface StatusListsDeps {
  readonly issuer: string
  /** Tells which regions there are, and which keys sign their lists. */
  readonly keySet: Pick<ServedKeySet, 'regions' | 'statusKeys'>
  /** Reads what is stored under a list's name, where its region keeps its lists; undefined where there is nothing. */
  readonly read: (id: string, region: string) => Promise<string | undefined>
  readonly now: () => Date
  /** Told why a list was refused, or could not be read. */
  readonly refused: (id: string, fault: unknown) => void
}

interface Held {
  list: { readonly claims: StatusListClaims; readonly kid: string; readonly prepared: Prepared } | undefined
  /** That the store has none. */
  isMissing: boolean
  askedAt: number
  asking: Promise<void> | undefined
}

/** How often a list is read from the store at most, in milliseconds: a part of the bound from revoke to refusal. */
const loadEvery = 5_000
/** Caches keep a list as long again as who verifies does, and never for longer than that. */
const caching = 'public, max-age=15, s-maxage=15'

/**
 * The status lists that are served: each read from the store when it is asked for, at most every five seconds, once
 * for everybody who waits, and served only after it was verified. One that is refused changes nothing; an older one
 * than was seen is refused. Names of lists that there cannot be never reach the store, and so what is held is bounded.
 */
export class ServedStatusLists {
  readonly #deps: StatusListsDeps
  readonly #lists = new Map<string, Held>()

  constructor(deps: StatusListsDeps) {
    this.#deps = deps
  }

  /** The prepared answer for a list; `missing` when there is no such list, `unavailable` when it cannot be had now. */
  async answer(id: string): Promise<Prepared | 'missing' | 'unavailable'> {
    const name = parseStatusListId(id)
    if (name === undefined || !this.#deps.keySet.regions.includes(name.region)) return 'missing'
    const held = this.#held(id)
    const since = this.#deps.now().getTime() - held.askedAt
    // Less than nothing where the clock was set back.
    if (held.asking !== undefined || since >= loadEvery || since < 0) {
      held.asking ??= this.#load(id, name.region, held).finally(() => (held.asking = undefined))
      await held.asking
    }
    return this.#usable(held) ?? (held.isMissing ? 'missing' : 'unavailable')
  }

  #held(id: string): Held {
    const held = this.#lists.get(id) ?? {
      list: undefined,
      isMissing: false,
      askedAt: -Infinity,
      asking: undefined,
    }
    this.#lists.set(id, held)
    return held
  }

  /** Nothing past its end, and nothing by a key that is none any more. */
  #usable({ list }: Held): Prepared | undefined {
    const now = this.#deps.now()
    if (list === undefined || list.claims.exp * 1000 <= now.getTime()) return undefined
    return this.#deps.keySet.statusKeys(now).some(({ kid }) => kid === list.kid) ? list.prepared : undefined
  }

  /** Never rejects: what is at hand is as good as it was. */
  async #load(id: string, region: string, held: Held): Promise<void> {
    try {
      const document = await this.#deps.read(id, region)
      held.isMissing = document === undefined
      if (document !== undefined) await this.#take(id, held, document)
    } catch (error) {
      held.isMissing = false
      this.#deps.refused(id, error)
    }
    held.askedAt = this.#deps.now().getTime()
  }

  async #take(id: string, held: Held, document: string): Promise<void> {
    const { issuer, keySet, now, refused } = this.#deps
    const read = await readStatusList(document, { issuer, id, keys: keySet.statusKeys(now()), now: now() })
    if (typeof read === 'string') return refused(id, read)
    if (held.list !== undefined && read.claims.iat < held.list.claims.iat)
      return refused(id, 'older_than_seen')
    held.list = {
      ...read,
      prepared: prepare(document, {
        type: 'application/statuslist+jwt',
        cacheControl: caching,
        isBrief: true,
      }),
    }
  }
}
