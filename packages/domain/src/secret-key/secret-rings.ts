import type { KeyObject } from 'node:crypto'
import { Refusal } from '../kit/index.ts'
import { secretPurposes, type SecretPurpose } from './secret-purposes.ts'

const purposes = Object.keys(secretPurposes) as SecretPurpose[]

export interface VersionedKey {
  readonly version: number
  readonly key: KeyObject
  readonly activateAt: Date
}

/** The versions of one secret: the newest active one makes, all of them read. */
export interface SecretRing {
  /** @throws when no version is loaded and active: the instance is not ready then. */
  current(now: Date): VersionedKey
  /** @throws Refusal `temporarily_unavailable` when there is such a version, and it could not be unwrapped so far. */
  byVersion(version: number): KeyObject | undefined
  /** Every version held, newest first, active or not yet. */
  all(): readonly VersionedKey[]
}

/** Every secret this instance holds. Replaced purpose by purpose as rows come and go. */
export class SecretRings {
  readonly #rings = new Map<SecretPurpose, readonly VersionedKey[]>()
  readonly #missing = new Map<SecretPurpose, readonly number[]>()
  #wasWhole = false

  /**
   * The versions of a purpose; newest first, whatever order they are given in. While none of those that there are can be
   * unwrapped, the ones that were held go on: whoever made the next could open it, and others are not told apart.
   * @param missing versions that could not be unwrapped yet.
   */
  replace(purpose: SecretPurpose, keys: readonly VersionedKey[], missing: readonly number[] = []): void {
    if (keys.length > 0 || missing.length === 0)
      this.#rings.set(
        purpose,
        keys.toSorted((a, b) => b.version - a.version),
      )
    this.#missing.set(purpose, missing)
    this.#wasWhole ||= purposes.every((each) => this.#missing.get(each)?.length === 0)
  }

  has(purpose: SecretPurpose, version: number): VersionedKey | undefined {
    return this.#rings.get(purpose)?.find((key) => key.version === version)
  }

  /**
   * Whether every secret has a version to make with. False until every version was held at once for the first time: an
   * instance that answered before would fail at what needs the others.
   */
  isComplete(now: Date): boolean {
    return this.#wasWhole && purposes.every((purpose) => this.#active(purpose, now) !== undefined)
  }

  /** A view of one purpose that follows replacements. */
  of(purpose: SecretPurpose): SecretRing {
    return {
      current: (now) => {
        const active = this.#active(purpose, now)
        if (active === undefined) throw new Error(`No active ${purpose} key is loaded.`)
        return active
      },
      byVersion: (version) => {
        const key = this.has(purpose, version)?.key
        if (key === undefined && this.#missing.get(purpose)?.includes(version) === true)
          throw new Refusal('temporarily_unavailable', { retryAfter: 1 })
        return key
      },
      all: () => this.#rings.get(purpose) ?? [],
    }
  }

  /** By a clock that is behind none may be active yet: then the oldest there is goes on. */
  #active(purpose: SecretPurpose, now: Date): VersionedKey | undefined {
    const keys = this.#rings.get(purpose)
    const isOldestHeld = this.#missing.get(purpose)?.length === 0
    return keys?.find((key) => key.activateAt <= now) ?? (isOldestHeld ? keys?.at(-1) : undefined)
  }
}
