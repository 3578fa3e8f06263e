import { inTenant } from '@iam/domain/db'
import {
  findStoredPolicy,
  findTenant,
  listDirectory,
  requireSwitchable,
  switchTenant,
  type DirectoryEntry,
  type TenantPolicy,
} from '@iam/domain/tenant'
import type { Config } from '../config.ts'
import type { OperatorDeps } from '../operator-deps.ts'
import { requireTenant } from './find-tenant.ts'
import { systemTenant } from './system-tenant.ts'

/** A tenant as it is listed. */
export interface ListedTenant {
  readonly id: string
  readonly slug: string
  readonly status: DirectoryEntry['status']
  readonly region: string
}

const page = 500

/** Every tenant, those of other regions too, the oldest first. */
export async function tenantList({ db }: OperatorDeps): Promise<ListedTenant[]> {
  const listed: ListedTenant[] = []
  let after: string | undefined
  for (;;) {
    const entries = await listDirectory(db.kysely, { after, limit: page })
    listed.push(...entries.map(({ tenantId: id, slug, status, region }) => ({ id, slug, status, region })))
    if (entries.length < page) return listed
    after = entries.at(-1)?.tenantId
  }
}

export interface ShownTenant extends ListedTenant {
  /** Undefined where its data lives in another region: here it is known by the directory alone. */
  readonly name?: string
  readonly createdAt?: Date
  /** Where it decides otherwise than by default. */
  readonly policy?: Partial<TenantPolicy>
}

/** One tenant, with what it decides otherwise than by default. @throws when there is none. */
export async function tenantShow({ db }: OperatorDeps, idOrSlug: string): Promise<ShownTenant> {
  const { tenantId, slug, status, region } = await requireTenant({ db }, idOrSlug)
  const listed = { id: tenantId, slug, status, region }
  return inTenant(db, { tenantId }, async (tx) => {
    const named = await findTenant(tx, tenantId)
    const policy = await findStoredPolicy(tx, { tenantId, for: 'reading' })
    if (named === undefined || policy === undefined) return listed
    return { ...listed, name: named.name, createdAt: named.createdAt, policy: policy.stored }
  })
}

export interface Switched {
  readonly id: string
  readonly slug: string
  readonly status: 'active' | 'suspended'
  /** False where it was so before. */
  readonly changed: boolean
}

/** Shuts everybody of a tenant out, or lets them in again. @throws Refusal as `switchTenant` does. */
export async function tenantSwitch(
  deps: OperatorDeps,
  { deployment: { region } }: Pick<Config, 'deployment'>,
  { tenant: idOrSlug, status, dryRun = false }: SwitchOptions,
): Promise<Switched> {
  const tenant = await requireTenant(deps, idOrSlug)
  requireSwitchable(tenant, region)
  const { tenantId: id, slug } = tenant
  if (dryRun) return { id, slug, status, changed: tenant.status !== status }
  const systemTenantId = await systemTenant(deps)
  await deps.loadSecrets()
  return {
    id,
    slug,
    status,
    changed: await switchTenant({ ...deps, region }, { tenant, status, systemTenantId }),
  }
}

interface SwitchOptions {
  readonly tenant: string
  readonly status: Switched['status']
  readonly dryRun?: boolean
}
