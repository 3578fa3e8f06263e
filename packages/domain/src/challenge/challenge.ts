import type { Id } from '../kit/index.ts'
import type { ChallengeKind } from './challenge-kinds.ts'

/** What was proved and asked for so far, as the kind has it. JSON; personal values only sealed. */
export type ChallengeFacts = Readonly<Record<string, unknown>>

/** Something that is proved in two steps, between the first and the second. */
export interface Challenge {
  readonly tenantId: Id<'ten'>
  readonly id: Id<'cha'>
  readonly kind: ChallengeKind
  /** Whom it is about; null where that shows only by the answer. */
  readonly userId: Id<'usr'> | null
  /** The open session that it is about, if any. */
  readonly sessionId: Id<'ses'> | null
  /** Of the one browser that may answer; null where the token alone is the proof. See `browserBinding`. */
  readonly binding: Buffer | null
  /** With which key its secrets are derived. */
  readonly keyVersion: number
  readonly facts: ChallengeFacts
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** What its secrets follow from; they are stored nowhere. */
export type ChallengeName = Pick<Challenge, 'tenantId' | 'id' | 'kind'>
