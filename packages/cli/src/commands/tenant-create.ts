import { createTenant, findDirectoryEntry } from '@iam/domain/tenant'
import type { Config } from '../config.ts'
import type { OperatorDeps } from '../operator-deps.ts'

/** Makes a tenant, or finds the one that has the slug. */
export async function tenantCreate(
  deps: OperatorDeps,
  config: Config,
  { slug, name }: { slug: string; name: string },
): Promise<{ id: string; slug: string }> {
  const found = await findDirectoryEntry(deps.db.kysely, slug)
  if (found !== undefined) return { id: found.tenantId, slug }
  const { region } = config.deployment
  const id = await createTenant(deps, { slug, name, region, audience: config.audience })
  if (id === undefined) throw new Error(`The slug ${slug} was taken by another run at the same time.`)
  return { id, slug }
}
