import type { Monotonic } from '../kit/index.ts'

/** An access token that was minted, and its life in seconds from then on. */
export interface MintedToken {
  readonly accessToken: string
  readonly expiresIn: number
}

interface Recent {
  readonly begun: number
  /** Undefined while it is being signed: until then it is kept, however long that takes. */
  done: number | undefined
  readonly minted: Promise<MintedToken>
}

/** Milliseconds from when it was signed. */
const keptFor = 3_000
const mostKept = 10_000

/**
 * Tokens of the last seconds, where signing is scarce: who asks again for the very same thing is given the same token,
 * and who asks while it is being signed waits for that. What is the same is the caller's to say, and must be said
 * whole: a token may never stand in for one of another session, client, audience, scope, proof or state.
 */
export class RecentTokens {
  readonly #monotonic: Monotonic
  readonly #recent = new Map<string, Recent>()

  /** @param monotonic milliseconds. */
  constructor(monotonic: Monotonic) {
    this.#monotonic = monotonic
  }

  /** @returns the token under `key` of the last three seconds, or what `mint` makes. One that fails is not kept. */
  async share(key: string, mint: () => Promise<MintedToken>): Promise<MintedToken> {
    const now = this.#monotonic()
    this.#forgetUntil(now - keptFor)
    const found = this.#recent.get(key)
    if (found !== undefined) return shortened(await found.minted, now - found.begun)
    const recent: Recent = { begun: now, done: undefined, minted: mint() }
    this.#recent.set(key, recent)
    recent.minted.then(
      () => this.#keep(key, recent),
      () => this.#recent.delete(key),
    )
    return recent.minted
  }

  /** From now on it counts; put in anew, so that those that are signed stand in the order of their times. */
  #keep(key: string, recent: Recent): void {
    recent.done = this.#monotonic()
    this.#recent.delete(key)
    this.#recent.set(key, recent)
  }

  #forgetUntil(time: number): void {
    for (const [key, { done }] of this.#recent) {
      if (done === undefined) continue
      if (done > time && this.#recent.size < mostKept) return
      this.#recent.delete(key)
    }
  }
}

function shortened({ accessToken, expiresIn }: MintedToken, by: number): MintedToken {
  return { accessToken, expiresIn: Math.max(0, expiresIn - Math.ceil(by / 1000)) }
}
