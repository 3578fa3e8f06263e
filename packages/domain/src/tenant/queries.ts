import { sql } from 'kysely'
import { build, type Executor, type Statement } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { readTenantPolicy, type TenantPolicy } from './tenant-policy.ts'

/** The tenant that operators belong to. */
export const systemTenantSlug = 'system'

export interface DirectoryEntry {
  readonly tenantId: Id<'ten'>
  readonly slug: string
  readonly region: string
  readonly status: 'active' | 'suspended' | 'closed'
}

/** Finds a tenant by its id or its slug. The directory is readable without a tenant set. */
export async function findDirectoryEntry(
  db: Executor,
  idOrSlug: string,
): Promise<DirectoryEntry | undefined> {
  const column = idOrSlug.startsWith('ten_') ? 'tenant_id' : 'slug'
  const found = await db
    .selectFrom('iam.directory')
    .select(['tenant_id as tenantId', 'slug', 'region', 'status'])
    .where(column, '=', idOrSlug)
    .executeTakeFirst()
  return found as DirectoryEntry | undefined
}

/** Adds a tenant to the directory. @returns false when the slug is taken. */
export async function insertDirectoryEntry(db: Executor, entry: DirectoryEntry, now: Date): Promise<boolean> {
  const inserted = await db
    .insertInto('iam.directory')
    .values({
      tenant_id: entry.tenantId,
      slug: entry.slug,
      region: entry.region,
      status: entry.status,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.column('slug').doNothing())
    .returning('tenant_id')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Adds the tenant's own row. */
export async function insertTenant(
  db: Executor,
  tenant: { tenantId: Id<'ten'>; name: string; policy: Partial<TenantPolicy> },
  now: Date,
): Promise<void> {
  await db
    .insertInto('iam.tenant')
    .values({
      tenant_id: tenant.tenantId,
      name: tenant.name,
      policy: JSON.stringify(tenant.policy),
      created_at: now,
      updated_at: now,
    })
    .execute()
}

/** The tenant's policy; undefined when there is no such tenant. */
export async function findTenantPolicy(db: Executor, tenantId: Id<'ten'>): Promise<TenantPolicy | undefined> {
  const found = await db
    .selectFrom('iam.tenant')
    .select('policy')
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst()
  return found === undefined ? undefined : readTenantPolicy(found.policy)
}

/** The stored policy, to be read with `readTenantPolicy`. */
export function tenantPolicyOf(tenantId: Id<'ten'>) {
  return build.selectFrom('iam.tenant').select('policy').where('tenant_id', '=', tenantId).compile()
}

/**
 * Makes a flight fail with `otherwise` unless passkeys are still made for this host (null: the issuer's), which then
 * stays so until the flight's end.
 */
export function requireRelyingParty({
  tenantId,
  rpId,
  otherwise,
}: {
  readonly tenantId: Id<'ten'>
  readonly rpId: string | null
  readonly otherwise: string
}): Statement {
  return sql`
    select iam.require(exists (
      select from iam.tenant
       where tenant_id = ${tenantId} and policy ->> 'rpId' is not distinct from ${rpId}::text
         for share
    ), ${otherwise})`.compile(build)
}

/** Notes which tenant a relying party is, or that it has none of its own. @returns false when it is another's. */
export async function claimRelyingParty(
  db: Executor,
  { tenantId, rpId }: { readonly tenantId: Id<'ten'>; readonly rpId: string | null },
): Promise<boolean> {
  await db.deleteFrom('iam.relying_party').where('tenant_id', '=', tenantId).execute()
  if (rpId === null) return true
  const claimed = await db
    .insertInto('iam.relying_party')
    .values({ tenant_id: tenantId, rp_id: rpId })
    .onConflict((conflict) => conflict.doNothing())
    .returning('rp_id')
    .executeTakeFirst()
  return claimed !== undefined
}

/** The tenant whose own relying party this is. Readable without a tenant set, like the directory. */
export async function findTenantOfRelyingParty(db: Executor, rpId: string): Promise<Id<'ten'> | undefined> {
  const found = await db
    .selectFrom('iam.relying_party')
    .select('tenant_id as tenantId')
    .where('rp_id', '=', rpId)
    .$castTo<{ tenantId: Id<'ten'> }>()
    .executeTakeFirst()
  return found?.tenantId
}

/** A tenant's stored policy and its version; `for: 'change'` locks it against other changes, and against nothing else. */
export async function findStoredPolicy(
  db: Executor,
  { tenantId, for: purpose }: { readonly tenantId: Id<'ten'>; readonly for: 'reading' | 'change' },
): Promise<{ readonly stored: Partial<TenantPolicy>; readonly version: number } | undefined> {
  const query = db
    .selectFrom('iam.tenant')
    .select(['policy', 'policy_version as version'])
    .where('tenant_id', '=', tenantId)
  const found = await (purpose === 'change' ? query.forNoKeyUpdate() : query).executeTakeFirst()
  return found && { stored: found.policy as Partial<TenantPolicy>, version: found.version }
}

/** Stores another policy, with the next version. */
export async function replaceTenantPolicy(
  db: Executor,
  { tenantId, stored, at }: { tenantId: Id<'ten'>; stored: Partial<TenantPolicy>; at: Date },
): Promise<void> {
  await db
    .updateTable('iam.tenant')
    .set({
      policy: JSON.stringify(stored),
      policy_version: sql<number>`policy_version + 1`,
      updated_at: at,
    })
    .where('tenant_id', '=', tenantId)
    .execute()
}

/** Tenants in the order of their ids. */
export async function listDirectory(
  db: Executor,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<DirectoryEntry[]> {
  const found = await db
    .selectFrom('iam.directory')
    .select(['tenant_id as tenantId', 'slug', 'region', 'status'])
    .where('tenant_id', '>', after ?? '')
    .orderBy('tenant_id')
    .limit(limit)
    .execute()
  return found as DirectoryEntry[]
}

/** Calls a tenant something else, where its data is. */
export async function renameTenant(
  db: Executor,
  { tenantId, name, at }: { readonly tenantId: Id<'ten'>; readonly name: string; readonly at: Date },
): Promise<void> {
  await db.updateTable('iam.tenant').set({ name, updated_at: at }).where('tenant_id', '=', tenantId).execute()
}

/** Lets a tenant be used, or not. @returns false when it was so before. */
export async function setTenantStatus(
  db: Executor,
  { tenantId, status, at }: { tenantId: Id<'ten'>; status: 'active' | 'suspended'; at: Date },
): Promise<boolean> {
  const set = await db
    .updateTable('iam.directory')
    .set({ status, updated_at: at })
    .where('tenant_id', '=', tenantId)
    .where('status', '!=', status)
    .returning('tenant_id')
    .executeTakeFirst()
  return set !== undefined
}

export interface TenantNames {
  readonly slug: string
  readonly name: string
  readonly region: string
  readonly status: DirectoryEntry['status']
  readonly createdAt: Date
}

/** What a tenant is called, for mails and pages. */
export async function findTenant(db: Executor, tenantId: Id<'ten'>): Promise<TenantNames | undefined> {
  const found = await db
    .selectFrom('iam.tenant as t')
    .innerJoin('iam.directory as d', 'd.tenant_id', 't.tenant_id')
    .select(['d.slug', 't.name', 'd.region', 'd.status', 't.created_at as createdAt'])
    .where('t.tenant_id', '=', tenantId)
    .executeTakeFirst()
  return found as TenantNames | undefined
}

/** What people call the tenant. */
export function tenantNameOf(tenantId: Id<'ten'>) {
  return build.selectFrom('iam.tenant').select('name').where('tenant_id', '=', tenantId).compile()
}

/** What the tenant is called in URLs. */
export function tenantSlugOf(tenantId: Id<'ten'>) {
  return build.selectFrom('iam.directory').select('slug').where('tenant_id', '=', tenantId).compile()
}
