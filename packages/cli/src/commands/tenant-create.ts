import { createTenant, findDirectoryEntry, type DirectoryEntry } from '@iam/domain/tenant'
import type { Config } from '../config.ts'
import type { OperatorDeps } from '../operator-deps.ts'

export interface TenantToCreate {
  readonly slug: string
  readonly name: string
  readonly magicLinks?: true
  readonly dryRun?: true
}

export interface TenantCreated {
  /** Null in a dry run that would make one. */
  readonly id: string | null
  readonly slug: string
  /** False where it was there already: then nothing is changed. */
  readonly made: boolean
}

const slugs = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Makes a tenant, all of it or nothing, or finds the one that has the slug, which stays as it is.
 * @throws for what is no slug, and where the tenant's data lives in another region.
 */
export async function tenantCreate(
  deps: OperatorDeps,
  { deployment: { region }, audience }: Pick<Config, 'deployment' | 'audience'>,
  { slug, name, magicLinks, dryRun }: TenantToCreate,
): Promise<TenantCreated> {
  if (!slugs.test(slug)) throw new Error('A slug is small letters, digits and dashes within, 63 at most.')
  const found = await findDirectoryEntry(deps.db.kysely, slug)
  if (found !== undefined) return standing(found, region)
  if (dryRun === true) return { id: null, slug, made: true }
  await deps.loadSecrets()
  const policy = magicLinks === undefined ? {} : { magicLinks }
  const id = await createTenant(deps, { slug, name, region, policy, audience })
  if (id === undefined) throw new Error(`The slug ${slug} was taken by another run at the same time.`)
  return { id, slug, made: true }
}

function standing({ tenantId, slug, region }: DirectoryEntry, here: string): TenantCreated {
  if (region !== here) throw new Error(`The slug ${slug} is of a tenant whose data lives in ${region}.`)
  return { id: tenantId, slug, made: false }
}
