import type { KeyObject } from 'node:crypto'
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
  byVersion(version: number): KeyObject | undefined
  /** Every version held, newest first, active or not yet. */
  all(): readonly VersionedKey[]
}

/** Every secret this instance holds. Replaced purpose by purpose as rows come and go. */
export class SecretRings {
  readonly #rings = new Map<SecretPurpose, readonly VersionedKey[]>()

  /** The versions of a purpose; newest first, whatever order they are given in. */
  replace(purpose: SecretPurpose, keys: readonly VersionedKey[]): void {
    this.#rings.set(
      purpose,
      keys.toSorted((a, b) => b.version - a.version),
    )
  }

  has(purpose: SecretPurpose, version: number): VersionedKey | undefined {
    return this.#rings.get(purpose)?.find((key) => key.version === version)
  }

  /**
   * Whether every secret has a version to make with. False until all were loaded for the first time, and while one of
   * several could not be unwrapped: an instance that answered then would fail at what needs that one.
   */
  isComplete(now: Date): boolean {
    return purposes.every((purpose) => this.#active(purpose, now) !== undefined)
  }

  /** A view of one purpose that follows replacements. */
  of(purpose: SecretPurpose): SecretRing {
    return {
      current: (now) => {
        const active = this.#active(purpose, now)
        if (active === undefined) throw new Error(`No active ${purpose} key is loaded.`)
        return active
      },
      byVersion: (version) => this.has(purpose, version)?.key,
      all: () => this.#rings.get(purpose) ?? [],
    }
  }

  #active(purpose: SecretPurpose, now: Date): VersionedKey | undefined {
    return this.#rings.get(purpose)?.find((key) => key.activateAt <= now)
  }
}
