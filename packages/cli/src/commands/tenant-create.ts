import { createTenant, findDirectoryEntry } from '@iam/domain/tenant'
import type { Config } from '../config.ts'
import type { OperatorDeps } from '../operator-deps.ts'

/** Makes a tenant, or finds the one that has the slug. */
export async function tenantCreate(
  deps: OperatorDeps,
  config: Config,
  { slug, name, magicLinks }: { slug: string; name: string; magicLinks?: true },
): Promise<{ id: string; slug: string }> {
  const found = await findDirectoryEntry(deps.db.kysely, slug)
  if (found !== undefined) return { id: found.tenantId, slug }
  await deps.loadSecrets()
  const { region } = config.deployment
  const policy = magicLinks === undefined ? {} : { magicLinks }
  const id = await createTenant(deps, { slug, name, region, policy, audience: config.audience })
  if (id === undefined) throw new Error(`The slug ${slug} was taken by another run at the same time.`)
  return { id, slug }
}
