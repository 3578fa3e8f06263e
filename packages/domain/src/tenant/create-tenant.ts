import { appendAudit } from '../audit/index.ts'
import { insertFirstPartyClient } from '../client/index.ts'
import { inTenant, run, type Db } from '../db/index.ts'
import { newId, type Clock, type Id } from '../kit/index.ts'
import { insertDirectoryEntry, insertTenant } from './queries.ts'
import type { TenantPolicy } from './tenant-policy.ts'

export interface CreateTenant {
  readonly slug: string
  readonly name: string
  readonly region: string
  /** What access tokens of the tenant's built-in client are for. */
  readonly audience: string
  readonly policy?: Partial<TenantPolicy>
}

/** Makes a tenant with its built-in `first-party` client. @returns its id, or undefined when the slug is taken. */
export async function createTenant(
  deps: { db: Pick<Db, 'kysely'>; clock: Clock },
  input: CreateTenant,
): Promise<Id<'ten'> | undefined> {
  const now = deps.clock()
  const tenantId = newId('ten', now)
  return inTenant(deps.db, { tenantId }, async (tx) => {
    const { slug, region } = input
    if (!(await insertDirectoryEntry(tx, { tenantId, slug, region, status: 'active' }, now))) return undefined
    await insertTenant(tx, { tenantId, name: input.name, policy: input.policy ?? {} }, now)
    await insertFirstPartyClient(tx, { tenantId, audience: input.audience }, now)
    await run(
      tx,
      appendAudit({
        tenantId,
        at: now,
        actor: { type: 'system' },
        action: 'tenant.created',
        target: { type: 'tenant', id: tenantId },
        outcome: 'success',
      }),
    )
    return tenantId
  })
}
