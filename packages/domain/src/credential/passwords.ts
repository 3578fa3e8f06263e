import type { KeyObject } from 'node:crypto'
import type { Clock } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import type { HashAdmission } from './hash-admission.ts'

/** argon2id with the deployment's parameters, keyed with the pepper. */
export interface PasswordHasher {
  /** A hash with the same parameters that no password fits: checking against it costs what a real check costs. */
  readonly decoy: string
  hash(password: string, pepper: KeyObject): Promise<string>
  verify(hash: string, password: string, pepper: KeyObject): Promise<boolean>
}

export interface StoredPassword {
  /** PHC string, parameters and salt included. */
  readonly hash: string
  readonly pepperVersion: number
}

/** How this instance hashes, and the queue in front of it. */
export interface Passwords {
  readonly hasher: PasswordHasher
  readonly admission: HashAdmission
}

type Deps = { readonly passwords: Passwords; readonly secrets: SecretRings; readonly clock: Clock }

/** Hashes a new password. @throws Refusal `login_busy` when the queue is full or the deadline passed. */
export async function hashPassword(
  deps: Deps,
  input: { tenantId: string; password: string },
): Promise<StoredPassword> {
  const pepper = deps.secrets.of('pepper').current(deps.clock())
  const release = await deps.passwords.admission.enter(input.tenantId)
  try {
    const hash = await deps.passwords.hasher.hash(input.password.normalize('NFC'), pepper.key)
    return { hash, pepperVersion: pepper.version }
  } finally {
    release()
  }
}

/**
 * Checks a password against what is stored, or against the decoy when nothing is: both cost one hash.
 * The caller has been admitted already, before it looked anybody up.
 */
export async function checkPassword(
  deps: Deps,
  { stored, password }: { stored: StoredPassword | undefined; password: string },
): Promise<boolean> {
  const peppers = deps.secrets.of('pepper')
  const pepper =
    stored === undefined ? peppers.current(deps.clock()).key : peppers.byVersion(stored.pepperVersion)
  if (pepper === undefined) throw new Error(`Pepper ${stored?.pepperVersion} is not loaded.`)
  const { hasher } = deps.passwords
  const fits = await hasher.verify(stored?.hash ?? hasher.decoy, password.normalize('NFC'), pepper)
  return fits && stored !== undefined
}
