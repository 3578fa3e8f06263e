import { underTenant } from '../db/index.ts'
import { newId, Refusal } from '../kit/index.ts'
import { addTenant as add } from '../tenant/index.ts'
import { administer, type AdministrationDeps, type AdministrativeCall } from './administer.ts'
import { viewTenant, type TenantView } from './read-tenants.ts'

export type AddTenantCall = AdministrativeCall & {
  readonly slug: string
  readonly name: string
}

/**
 * Makes a tenant in this region, which nobody administers yet: invite its first owner. For operators; `tenantId` is
 * that of the system tenant.
 * @param audience what access tokens of the tenant's built-in client are for.
 * @throws Refusal `slug_taken`, and what `administer` refuses.
 */
export async function addTenant(
  deps: AdministrationDeps & { readonly audience: string },
  call: AddTenantCall,
): Promise<TenantView> {
  const { slug, name, origin } = call
  const { region } = deps.tenants
  const id = newId('ten', deps.clock())
  const target = { type: 'tenant', id }
  const act = { action: 'tenant.created', target, role: 'platform.operator' } as const
  const made = await administer(deps, call, act, async ({ tx, administrator, at }) => {
    const actor = { type: administrator.type, id: administrator.id }
    const tenant = { tenantId: id, slug, name, region, audience: deps.audience, actor, at, origin }
    const answer = await underTenant(tx, { tenantId: id, backTo: call.tenantId }, async () => {
      if (!(await add(tx, tenant))) throw new Refusal('slug_taken')
      return viewTenant(tx, id)
    })
    return { answer }
  })
  deps.tenants.forget({ tenantId: id, slug })
  return made
}
