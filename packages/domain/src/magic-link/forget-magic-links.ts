import type { Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { SecretRings } from '../secret-key/index.ts'
import { deleteMagicLinks } from './queries.ts'
import { subjectsOf } from './subject.ts'

/** Deletes the links that were mailed to a person, and those asked for their address that never were. */
export async function forgetMagicLinks(
  deps: { readonly secrets: SecretRings },
  tx: Executor,
  { tenantId, userId, email }: { tenantId: Id<'ten'>; userId: Id<'usr'>; email: string },
): Promise<void> {
  await deleteMagicLinks(tx, { tenantId, userId, subjects: subjectsOf(deps, tenantId, email) })
}
