import { inOneFlight } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { hashAdmitted } from './hash-password.ts'
import type { PasswordDeps, StoredPassword } from './passwords.ts'
import { replaceHash } from './queries.ts'

export interface Rehash {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  /** What the password was just found to fit. */
  readonly stored: StoredPassword
  readonly password: string
}

/**
 * Hashes a password anew after a login, when it was imported, or parameters or pepper have moved since. Nobody
 * waits for it: it runs when no login wants the turn, never fails the login, and writes only if the hash is still
 * the one that was checked. What becomes of it is reported.
 */
export function rehashWhenIdle(deps: PasswordDeps, input: Rehash): void {
  const { tenantId, stored } = input
  const { report } = deps.passwords
  if (!isOutdated(deps, stored)) return
  rehash(deps, input).then(
    (written) => report({ what: written ? 'rehashed' : 'rehash_outrun', tenantId }),
    (error: unknown) => report({ what: 'rehash_failed', tenantId, error }),
  )
}

/** An instance that does not know the newest pepper yet leaves alone what was made with it. */
function isOutdated(
  { passwords, secrets, clock }: PasswordDeps,
  { hash, pepperVersion }: StoredPassword,
): boolean {
  if (pepperVersion === null) return true
  return pepperVersion < secrets.of('pepper').current(clock()).version || !passwords.hasher.isCurrent(hash)
}

async function rehash(deps: PasswordDeps, input: Rehash): Promise<boolean> {
  const release = await deps.passwords.admission.enterWhenIdle(input.tenantId)
  const hashed = await hashAdmitted(deps, input.password).finally(release)
  const [written] = await inOneFlight(deps.db, { tenantId: input.tenantId }, [
    replaceHash(input, input.stored, hashed),
  ])
  return written.length > 0
}
