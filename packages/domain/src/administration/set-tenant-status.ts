import { Refusal } from '../kit/index.ts'
import { setTenantStatus, systemTenantSlug } from '../tenant/index.ts'
import { administer, type AdministrationDeps, type AdministrativeCall } from './administer.ts'
import { viewTenant, type TenantView } from './read-tenants.ts'

/**
 * Keeps everybody of a tenant out: logins, refreshes and session checks are refused, here at once and everywhere
 * within the half minute that instances remember the directory for. Access tokens that other services verify by
 * themselves run out within their quarter of an hour. Nothing is ended: reactivated, all goes on. For operators.
 * @throws Refusal `not_allowed` for the system tenant, and what `administer` refuses.
 */
export async function suspendTenant(deps: AdministrationDeps, call: AdministrativeCall): Promise<TenantView> {
  return set(deps, call, 'suspended')
}

/** Lets a suspended tenant in again. For operators. */
export async function reactivateTenant(
  deps: AdministrationDeps,
  call: AdministrativeCall,
): Promise<TenantView> {
  return set(deps, call, 'active')
}

async function set(
  deps: AdministrationDeps,
  call: AdministrativeCall,
  status: 'active' | 'suspended',
): Promise<TenantView> {
  const { tenantId } = call
  const act = {
    action: status === 'active' ? 'tenant.reactivated' : 'tenant.suspended',
    target: { type: 'tenant', id: tenantId },
    role: 'platform.operator',
  } as const
  const tenant = await administer(deps, call, act, async ({ tx, at }) => {
    const { slug } = await viewTenant(tx, tenantId)
    if (slug === systemTenantSlug) throw new Refusal('not_allowed', { detail: 'It is the operators’ own.' })
    const changed = await setTenantStatus(tx, { tenantId, status, at })
    return { answer: await viewTenant(tx, tenantId), changed }
  })
  deps.tenants.forget({ tenantId, slug: tenant.slug })
  return tenant
}
