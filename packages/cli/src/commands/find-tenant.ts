import { findDirectoryEntry, type DirectoryEntry } from '@iam/domain/tenant'
import type { OperatorDeps } from '../operator-deps.ts'

/** The tenant with a slug or an id. @throws when there is none. */
export async function requireTenant(
  { db }: Pick<OperatorDeps, 'db'>,
  idOrSlug: string,
): Promise<DirectoryEntry> {
  const found = await findDirectoryEntry(db.kysely, idOrSlug)
  if (found === undefined) throw new Error(`There is no tenant ${idOrSlug}.`)
  return found
}
