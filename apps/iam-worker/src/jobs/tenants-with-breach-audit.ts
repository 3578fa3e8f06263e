import { inTenant } from '@iam/domain/db'
import type { Id } from '@iam/domain/kit'
import { findTenantPolicy, listDirectory } from '@iam/domain/tenant'
import type { JobDeps } from './job.ts'

const page = 500

/** The tenants of this region that want their people's addresses looked for in breaches. */
export async function tenantsWithBreachAudit({
  db,
  config,
}: Pick<JobDeps, 'db' | 'config'>): Promise<Id<'ten'>[]> {
  const wanting: Id<'ten'>[] = []
  let after: string | undefined
  for (;;) {
    const entries = await listDirectory(db.kysely, { after, limit: page })
    for (const { tenantId, region, status } of entries) {
      if (region !== config.deployment.region || status !== 'active') continue
      const policy = await inTenant(db, { tenantId }, (tx) => findTenantPolicy(tx, tenantId))
      if (policy?.breachAudit === true) wanting.push(tenantId)
    }
    after = entries.at(-1)?.tenantId
    if (entries.length < page) return wanting
  }
}
