import type { Id } from '@iam/domain/kit'
import { findDirectoryEntry } from '@iam/domain/tenant'
import type { OperatorDeps } from '../operator-deps.ts'

/**
 * The tenant that the deployment's own keys are recorded under. What is done with keys has no mac in the audit trail, so
 * nothing of KMS is asked here: a key must be given up also while KMS is away.
 * @throws before `iam bootstrap`.
 */
export async function systemTenant({ db }: Pick<OperatorDeps, 'db'>): Promise<Id<'ten'>> {
  const system = await findDirectoryEntry(db.kysely, 'system')
  if (system === undefined) throw new Error('There is no system tenant yet: run `iam bootstrap` first.')
  return system.tenantId
}
