import { sql } from 'kysely'
import type { Db, Executor } from '../db/index.ts'
import { keySetPaths } from '../key-set/index.ts'
import type { Deployment } from '../secret-key/index.ts'

export type PurgeKeySet = {
  readonly db: Db
  readonly deployment: Deployment
  readonly cdn: { purge(paths: readonly string[]): Promise<void> }
  /** Seconds after which every instance of iam-jwks serves what was published: earlier, the old would be cached anew. */
  readonly purgeAfter: number
}

/**
 * Has the CDN let go of the key set when a publication changed its keys. That is due until it is done: what fails
 * here, or never began, is made up for by the next run. @returns whether the CDN was told.
 */
export async function purgeKeySet({ db, deployment, cdn, purgeAfter }: PurgeKeySet): Promise<boolean> {
  const { region } = deployment
  const version = await duePurge(db.kysely, region, purgeAfter)
  if (version === undefined) return false
  await cdn.purge(keySetPaths)
  await db.kysely
    .updateTable('iam.key_set_version')
    .set({ purged_at: sql<Date>`iam.now()` })
    .where('region', '=', region)
    .where('version', '<=', version)
    .where('changed', '=', true)
    .where('purged_at', 'is', null)
    .execute()
  return true
}

/** The newest publication that changed keys, is served by now, and that the CDN was not told of. */
async function duePurge(db: Executor, region: string, purgeAfter: number): Promise<string | undefined> {
  const found = await db
    .selectFrom('iam.key_set_version')
    .select('version')
    .where('region', '=', region)
    .where('changed', '=', true)
    .where('purged_at', 'is', null)
    .where('issued_at', '<=', sql<Date>`iam.now() - make_interval(secs => ${purgeAfter})`)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return found?.version
}
