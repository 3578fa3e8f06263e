import type { Id } from '../kit/index.ts'

/** How many passkeys a person may have at a time. */
export const mostPasskeys = 5

/** A WebAuthn credential of a person, and their factor at the same time. */
export interface Passkey {
  readonly factorId: Id<'mfa'>
  readonly userId: Id<'usr'>
  /** Of its relying party; browsers offer it there and nowhere else. */
  readonly rpId: string
  readonly credentialId: Buffer
  /** As COSE has it (RFC 9052 7). */
  readonly publicKey: Buffer
  /** At its last use; 0 where the authenticator does not count. */
  readonly signCount: number
  /** How the authenticator can be reached, as it said itself. */
  readonly transports: readonly string[]
  /** Whether it may be copied to other devices: decided once, when it is made. */
  readonly backupEligible: boolean
  /** What the authenticator knows the person by: 64 random bytes, the same for all their passkeys in the tenant. */
  readonly userHandle: Buffer
  /** Set by too many failures in a row, or by somebody: it opens nothing. */
  readonly disabledAt: Date | null
}

/** A passkey that is about to be stored. */
export type NewPasskey = Omit<Passkey, 'disabledAt' | 'userHandle' | 'factorId' | 'userId'>

/** How amr names it (RFC 8176): by software, where its key may be copied to other devices. */
export function methodOf({ backupEligible }: Pick<Passkey, 'backupEligible'>): 'hwk' | 'swk' {
  return backupEligible ? 'swk' : 'hwk'
}

/** Why a passkey's answer is not taken: for the audit trail. Whoever sent it is told nothing of it. */
export type PasskeyFault =
  | 'malformed'
  | 'wrong_type'
  | 'wrong_challenge'
  | 'wrong_origin'
  | 'cross_origin'
  | 'wrong_relying_party'
  | 'user_not_present'
  | 'user_not_verified'
  | 'wrong_user_handle'
  | 'wrong_user'
  | 'wrong_signature'
  | 'cloned'
  | 'backup_changed'
  | 'attestation'
  | 'unknown_passkey'
  | 'disabled'
  | 'known_already'
