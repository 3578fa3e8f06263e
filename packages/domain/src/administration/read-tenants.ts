import type { Id } from '../kit/index.ts'
import { Refusal } from '../kit/index.ts'
import { findTenant, listDirectory, type DirectoryEntry } from '../tenant/index.ts'
import { administer, type Acting, type AdministrationDeps, type AdministrativeCall } from './administer.ts'

/** A tenant as its administrators see it. Times in RFC 3339. */
export interface TenantView {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly status: DirectoryEntry['status']
  readonly region: string
  readonly createdAt: string
}

/** What a tenant is called and where it is. */
export async function readTenant(deps: AdministrationDeps, call: AdministrativeCall): Promise<TenantView> {
  const target = { type: 'tenant', id: call.tenantId }
  const act = { action: 'tenant.read', target, role: 'tenant.admin', reads: true } as const
  return administer(deps, call, act, async ({ tx }) => ({ answer: await viewTenant(tx, call.tenantId) }))
}

/** A tenant as it stands. The transaction runs under it. @throws Refusal `tenant_unknown`. */
export async function viewTenant(tx: Acting['tx'], tenantId: Id<'ten'>): Promise<TenantView> {
  const found = await findTenant(tx, tenantId)
  if (found === undefined) throw new Refusal('tenant_unknown')
  const { slug, name, status, region, createdAt } = found
  return { id: tenantId, slug, name, status, region, createdAt: createdAt.toISOString() }
}

export type ListTenants = AdministrativeCall & {
  readonly after: string | undefined
  readonly limit: number
}

type Listed = Pick<TenantView, 'id' | 'slug' | 'status' | 'region'>

/** A page of all tenants, those of other regions too, in the order of their ids. For operators. */
export async function listTenants(
  deps: AdministrationDeps,
  call: ListTenants,
): Promise<{ readonly items: Listed[]; readonly last: string | undefined }> {
  const { after, limit } = call
  const target = { type: 'tenant' }
  const act = { action: 'tenants.listed', target, role: 'platform.operator', reads: true } as const
  return administer(deps, call, act, async ({ tx }) => {
    const found = await listDirectory(tx, { after, limit: limit + 1 })
    const items = found
      .slice(0, limit)
      .map(({ tenantId: id, slug, status, region }) => ({ id, slug, status, region }))
    return { answer: { items, last: found.length > limit ? items.at(-1)?.id : undefined } }
  })
}
