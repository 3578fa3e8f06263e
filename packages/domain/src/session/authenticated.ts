import type { ClientSettings } from '../client/index.ts'
import type { Statement } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { EarlierRisk } from '../risk/index.ts'
import type { TenantPolicy } from '../tenant/index.ts'
import type { SealedUserKey, User } from '../user/index.ts'

/**
 * A person who proved who they are, in whatever way, and what a session for them is opened by. That they may come in
 * with that is for `clearLogin` to say.
 */
export interface Authenticated {
  readonly user: User
  readonly userKey: SealedUserKey | undefined
  /** The tenant's built-in client. */
  readonly client: ClientSettings
  readonly policy: TenantPolicy
  /** How they proved it (RFC 8176): see assurance.ts. */
  readonly amr: readonly string[]
  /** When the password was set that they gave; undefined where they gave none. */
  readonly passwordOf: Date | undefined
  /** Whether they had sessions before, and none from there. */
  readonly isNewDevice: boolean
  /** Whether the device has shown otherwise that the person logged in on it before. */
  readonly isKnownDevice?: boolean
  /** The registered device that they came on, and that showed that it holds its key. */
  readonly onDevice?: Id<'dev'> | undefined
  /** Whether the password that they gave is known from a breach. */
  readonly isBreached?: boolean
  /** Whether the person's address was found in a breach of another service that told passwords, since theirs was set. */
  readonly isExposed?: boolean
  /** Set after a second step: the risk that was found before it. */
  readonly earlier?: EarlierRisk
  /** What becomes true with the session that is opened for them, in its transaction. */
  readonly also: readonly Statement<unknown>[]
  /**
   * What is used up by asking for a second step, too, in the transaction of its challenge: what let them come so far
   * and must not do so again. It stands in `also` besides.
   */
  readonly spends?: readonly Statement<unknown>[]
}
