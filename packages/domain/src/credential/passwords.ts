import type { Admission } from '../admission/index.ts'
import type { KeyObject } from 'node:crypto'
import type { Db } from '../db/index.ts'
import type { Clock } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { ForeignHash } from './foreign-hash.ts'
import type { RecheckBudget } from './recheck-budget.ts'

/** argon2id with the deployment's parameters, keyed with the pepper. */
export interface PasswordHasher {
  /** A hash with the same parameters that no password fits: checking against it costs what a real check costs. */
  readonly decoy: string
  hash(password: string, pepper: KeyObject): Promise<string>
  verify(hash: string, password: string, pepper: KeyObject): Promise<boolean>
  /** True for a hash with these very parameters. */
  isCurrent(hash: string): boolean
}

/** Checks hashes that other systems made. */
export interface ForeignVerifier {
  verify(hash: ForeignHash, password: string): Promise<boolean>
}

/** A list of passwords that many people use, in the spelling that `spellings` gives. */
export interface CommonPasswords {
  /** True when any of the given is on the list. */
  includesAny(spellings: readonly string[]): Promise<boolean>
}

/** Passwords that became known in breaches elsewhere. */
export interface BreachedPasswords {
  /** @throws when it cannot be told now. */
  includes(password: string): Promise<boolean>
}

export interface StoredPassword {
  /** PHC string (bcrypt: its own), parameters and salt included. */
  readonly hash: string
  /** Of the pepper it is keyed with; null for a hash that was imported, which is keyed with none. */
  readonly pepperVersion: number | null
}

/** A password that is about to be stored. */
export interface NewPassword extends StoredPassword {
  /** When it was looked for among breached ones and not found; missing when nobody could be asked, or was. */
  readonly breachCheckedAt?: Date | undefined
}

/** What happens around passwords that nobody is answered with: for the log. Holds no password and no hash. */
export type PasswordReport =
  | { readonly what: 'pepper_unknown'; readonly tenantId: string; readonly pepperVersion: number }
  | {
      readonly what: 'hash_unreadable' | 'breach_check_failed' | 'rehash_failed'
      readonly tenantId: string
      readonly error: unknown
    }
  | { readonly what: 'rehashed' | 'rehash_outrun' | 'breached'; readonly tenantId: string }

/** How this instance hashes and judges passwords, and the queue in front of it. */
export interface Passwords {
  readonly hasher: PasswordHasher
  readonly foreign: ForeignVerifier
  readonly admission: Admission
  readonly common: CommonPasswords
  /** None where the deployment asks nobody: the tenants' `breachCheck` is then as if `off`. */
  readonly breached: BreachedPasswords | undefined
  /** Bounds what asks them after logins. */
  readonly rechecks: RecheckBudget
  /** What the service is called: its own name makes a bad password. */
  readonly serviceWords: readonly string[]
  readonly report: (report: PasswordReport) => void
}

/** What making a hash takes. */
export type HashDeps = {
  readonly passwords: Pick<Passwords, 'hasher' | 'admission'>
  readonly secrets: SecretRings
  readonly clock: Clock
}

/** What judging and checking passwords takes. */
export type PasswordDeps = {
  readonly db: Db
  readonly passwords: Passwords
  readonly secrets: SecretRings
  readonly clock: Clock
}
