import { inTenant, run, type Db } from '../db/index.ts'
import { Refusal, type Clock, type Id } from '../kit/index.ts'
import { deleteSecretKey, readSecretKeys } from './queries.ts'
import type { SecretPurpose } from './secret-purposes.ts'
import { secretAudit } from './tend-secret-keys.ts'

type DestroySecretKeys = {
  readonly db: Db
  readonly clock: Clock
  /** Whose audit trail tells of the deployment's own keys. */
  readonly systemTenantId: Id<'ten'>
}

/**
 * Destroys, before their time and for good, the versions of a secret that a newer one has taken over from: for one that
 * is in other hands, where what it made must not be believed any more.
 * @param dryRun changes nothing. @returns the versions, the oldest first.
 * @throws Refusal `wrong_state` where none is old, and where rows need one: iam-worker, or time, takes care of those.
 */
export async function destroySecretKeys(
  deps: DestroySecretKeys,
  { purpose, dryRun = false }: { readonly purpose: SecretPurpose; readonly dryRun?: boolean },
): Promise<number[]> {
  const { rows, databaseTime: now } = await readSecretKeys(deps.db.kysely)
  const mine = rows.filter((row) => row.purpose === purpose)
  const makes = mine.findLast(({ activateAt }) => activateAt <= now)
  const old = mine.filter(({ version }) => version < (makes?.version ?? 0)).map(({ version }) => version)
  if (old.length === 0)
    throw new Refusal('wrong_state', {
      detail: `No version of ${purpose} is old: rotate it first, and wait.`,
    })
  if (!dryRun) await destroy(deps, purpose, old)
  return old
}

async function destroy(
  { db, clock, systemTenantId: tenantId }: DestroySecretKeys,
  purpose: SecretPurpose,
  versions: readonly number[],
): Promise<void> {
  const at = clock()
  await inTenant(db, { tenantId }, async (tx) => {
    for (const version of versions)
      if (await deleteSecretKey(tx, { purpose, version }))
        await run(tx, secretAudit(tenantId, { do: 'destroy', purpose, version }, at))
  }).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== '23503') throw error
    throw new Refusal('wrong_state', { detail: `Rows still need an old version of ${purpose}.` })
  })
}
