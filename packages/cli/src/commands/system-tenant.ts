import type { Id } from '@iam/domain/kit'
import { findDirectoryEntry } from '@iam/domain/tenant'
import type { OperatorDeps } from '../operator-deps.ts'

/**
 * The tenant that the deployment's own keys are recorded under, and the secrets with which its audit trail is kept.
 * @throws before `iam bootstrap`.
 */
export async function systemTenant({ db, loadSecrets }: OperatorDeps): Promise<Id<'ten'>> {
  const system = await findDirectoryEntry(db.kysely, 'system')
  if (system === undefined) throw new Error('There is no system tenant yet: run `iam bootstrap` first.')
  await loadSecrets()
  return system.tenantId
}
