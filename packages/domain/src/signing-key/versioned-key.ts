import type { KeyObject } from 'node:crypto'

/** A version of a key in KMS, with its state in the service's words. */
export interface ListedVersion {
  readonly name: string
  readonly state: string
}

/** A key in KMS whose versions are key pairs, each of which can become a signing key. Their private halves never
 *  leave it. */
export interface VersionedKey {
  /** All there are and ever were, oldest first. */
  list(): Promise<readonly ListedVersion[]>
  /** Makes another one, which may be generated only after a while. */
  create(): Promise<ListedVersion>
  publicKey(version: string): Promise<KeyObject>
}

/** What ends versions, whatever key they are of. Both are content with one that is ended already. */
export interface EndVersions {
  /** It signs nothing from now on. */
  disable(version: string): Promise<void>
  /** And cannot be used again, at last not by anybody. */
  destroy(version: string): Promise<void>
}
