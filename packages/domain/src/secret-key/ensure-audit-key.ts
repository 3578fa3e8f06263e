import type { Db } from '../db/index.ts'
import type { Clock } from '../kit/index.ts'
import { generateSecretKey } from './generate-secret-key.ts'
import { insertSecretKey, listSecretKeys } from './queries.ts'
import type { Deployment, KeyWrapping } from './wrapping.ts'

/**
 * Makes the first key of the audit trail, where there is none: nothing can be recorded before, and so neither can this.
 * Its next versions are made, and recorded, as those of every secret.
 */
export async function ensureAuditKey(deps: {
  readonly db: Pick<Db, 'kysely'>
  readonly clock: Clock
  readonly wrapping: KeyWrapping
  readonly deployment: Deployment
}): Promise<void> {
  const rows = await listSecretKeys(deps.db.kysely)
  if (rows.some(({ purpose }) => purpose === 'audit')) return
  const first = { purpose: 'audit', version: 1 } as const
  const wrapped = await generateSecretKey(deps, first)
  const at = deps.clock()
  await insertSecretKey(deps.db.kysely, { ...first, wrapped, activateAt: at }, at)
}
