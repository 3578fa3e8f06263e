import { readImportedHash, type KeycloakHash } from '../credential/index.ts'
import type { Db } from '../db/index.ts'
import type { Clock, Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { createUser } from './create-user.ts'
import { normaliseEmail } from './normalise-email.ts'

export interface ImportUser {
  readonly tenantId: Id<'ten'>
  readonly email: string
  /** As the other system stored it; see `readImportedHash` for what is understood. */
  readonly hash: string | KeycloakHash
  readonly emailVerified: boolean
  readonly locale?: string | undefined
}

/**
 * Brings somebody over from another system with the hash of their password, which is checked as it is at the
 * first login and replaced by one of ours then. Importing the same address again changes nothing.
 * @returns what became of it; `hash_refused` for a hash that is not understood or would cost too much to check.
 */
export async function importUser(
  deps: { db: Db; clock: Clock; secrets: SecretRings },
  input: ImportUser,
): Promise<'imported' | 'already_there' | 'hash_refused'> {
  const { tenantId, emailVerified, locale } = input
  const password = readImportedHash(input.hash)
  if (password === undefined) return 'hash_refused'
  const id = await createUser(deps, {
    tenantId,
    email: normaliseEmail(input.email),
    password,
    emailVerified,
    ...(locale === undefined ? {} : { locale }),
    action: 'user.imported',
  })
  return id === undefined ? 'already_there' : 'imported'
}
