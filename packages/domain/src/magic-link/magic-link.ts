import type { Id } from '../kit/index.ts'

/** How long a link, its code and its number can be used, in seconds. */
export const magicLinkSeconds = 600

/** What its secrets follow from; they are stored nowhere. */
export interface MagicLinkName {
  readonly tenantId: Id<'ten'>
  readonly id: Id<'mgl'>
  readonly keyVersion: number
}

/** A link that was asked for to sign in, as it is stored. */
export interface MagicLink extends MagicLinkName {
  /** A keyed hash of the address it was asked for. */
  readonly subject: Buffer
  /** Whom it lets in; null until the mail is written, and for ever where nobody has the address. */
  readonly userId: Id<'usr'> | null
  /** What asked, sealed; see asked-from.ts. */
  readonly askedFrom: Buffer
  readonly dataKeyVersion: number
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly approvedAt: Date | null
}

/**
 * How a link stands: nothing was done with it; it was approved from another device; or it was used, overtaken by a
 * newer one, or has become too old.
 */
export type MagicLinkStatus = 'waiting' | 'approved' | 'ended'
