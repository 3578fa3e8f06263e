import { appendAudit } from '../audit/index.ts'
import { inTenant, run, underTenant, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { findDirectoryEntry, setTenantStatus, systemTenantSlug, type DirectoryEntry } from './queries.ts'

export interface SwitchTenant {
  readonly tenant: DirectoryEntry
  readonly status: 'active' | 'suspended'
  /** Where operators' acts are recorded, besides the tenant itself. */
  readonly systemTenantId: Id<'ten'>
}

/**
 * Shuts everybody of a tenant out, or lets them in again, for whoever runs the deployment: what `suspendTenant` and
 * `reactivateTenant` of the administration are for an operator who is logged in. Every instance hears of it within
 * half a minute.
 * @returns false when it was so before. @throws Refusal `not_allowed` for the operators' own tenant, `tenant_unknown`
 *   for one that is closed or gone, `wrong_region` for one whose data lives elsewhere.
 */
export async function switchTenant(
  deps: { readonly db: Pick<Db, 'kysely'>; readonly clock: Clock; readonly region: string },
  { tenant: { tenantId }, status, systemTenantId }: SwitchTenant,
): Promise<boolean> {
  const at = deps.clock()
  return inTenant(deps.db, { tenantId }, async (tx) => {
    const entry = await findDirectoryEntry(tx, tenantId)
    requireSwitchable(entry, deps.region)
    if (!(await setTenantStatus(tx, { tenantId, status, at }))) return false
    const action = status === 'active' ? 'tenant.reactivated' : 'tenant.suspended'
    const target = { type: 'tenant', id: tenantId }
    const event = { at, actor: { type: 'system' }, action, target, outcome: 'success' } as const
    await run(tx, appendAudit({ ...event, tenantId }))
    await underTenant(tx, { tenantId: systemTenantId, backTo: tenantId }, () =>
      run(tx, appendAudit({ ...event, tenantId: systemTenantId })),
    )
    return true
  })
}

/** @throws Refusal as `switchTenant` does. */
export function requireSwitchable(
  entry: DirectoryEntry | undefined,
  region: string,
): asserts entry is DirectoryEntry {
  if (entry === undefined || entry.status === 'closed') throw new Refusal('tenant_unknown')
  if (entry.slug === systemTenantSlug)
    throw new Refusal('not_allowed', { detail: 'It is the operators’ own tenant.' })
  if (entry.region !== region)
    throw new Refusal('wrong_region', { detail: `Its data lives in ${entry.region}.` })
}
