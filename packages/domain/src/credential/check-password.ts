import { readForeignHash } from './read-foreign-hash.ts'
import { normalisePassword } from './normalise-password.ts'
import type { HashDeps, Passwords, StoredPassword } from './passwords.ts'

export type CheckDeps = HashDeps & {
  readonly passwords: Pick<Passwords, 'hasher' | 'foreign' | 'report'>
}

export interface CheckPassword {
  readonly tenantId: string
  readonly stored: StoredPassword | undefined
  readonly password: string
  /** What is checked in place of a password that is not stored: see `decoyFor`. A hash of ours by default. */
  readonly decoy?: StoredPassword | undefined
}

/**
 * Checks a password against what is stored, or against a decoy when nothing is: both cost one hash. What is stored
 * and cannot be checked, because its pepper is not known here or its text means nothing, is reported and fits no
 * password. The caller has been admitted already, before it looked anybody up.
 */
export async function checkPassword(deps: CheckDeps, input: CheckPassword): Promise<boolean> {
  const password = normalisePassword(input.password)
  const fits = await tryStored(deps, input, password)
  if (fits !== undefined) return fits && input.password.isWellFormed()
  const decoy = input.decoy === undefined ? undefined : checkOf(deps, input.tenantId, input.decoy)
  await (decoy ?? ownDecoy(deps))(password)
  return false
}

/** @returns undefined when nothing is stored that could be checked. */
async function tryStored(
  deps: CheckDeps,
  { tenantId, stored }: CheckPassword,
  password: string,
): Promise<boolean | undefined> {
  const check = stored === undefined ? undefined : checkOf(deps, tenantId, stored)
  return check?.(password).catch((error: unknown) => {
    deps.passwords.report({ what: 'hash_unreadable', tenantId, error })
    return undefined
  })
}

type Check = (password: string) => Promise<boolean>

function checkOf(
  deps: CheckDeps,
  tenantId: string,
  { hash, pepperVersion }: StoredPassword,
): Check | undefined {
  const { hasher, foreign, report } = deps.passwords
  if (pepperVersion === null) {
    const read = readForeignHash(hash)
    if (read === undefined) {
      report({ what: 'hash_unreadable', tenantId, error: undefined })
      return undefined
    }
    return (password) => foreign.verify(read, password)
  }
  const pepper = deps.secrets.of('pepper').byVersion(pepperVersion)
  if (pepper === undefined) {
    report({ what: 'pepper_unknown', tenantId, pepperVersion })
    return undefined
  }
  return (password) => hasher.verify(hash, password, pepper)
}

function ownDecoy({ passwords, secrets, clock }: CheckDeps): Check {
  const pepper = secrets.of('pepper').current(clock())
  return (password) => passwords.hasher.verify(passwords.hasher.decoy, password, pepper.key)
}
