import type { Db } from '../db/index.ts'
import { secretAad, type NewSecretKey } from './generate-secret-key.ts'
import { listSecretKeys } from './queries.ts'
import type { Deployment, KeyWrapping } from './wrapping.ts'

/**
 * Whether the key-management service opens a version at this moment. Asked before anything is taken away that would be
 * missed by an instance that could not load it. @throws when that cannot be told now.
 */
export async function unwrapsNow(
  deps: {
    readonly db: Pick<Db, 'kysely'>
    readonly wrapping: Pick<KeyWrapping, 'unwrap'>
    readonly deployment: Deployment
  },
  key: NewSecretKey,
): Promise<boolean> {
  const rows = await listSecretKeys(deps.db.kysely)
  const row = rows.find(({ purpose, version }) => purpose === key.purpose && version === key.version)
  if (row === undefined) return false
  const material = await deps.wrapping.unwrap(row.wrapped, secretAad(deps.deployment, row))
  material?.fill(0)
  return material !== undefined
}
