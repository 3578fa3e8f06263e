import { Logger, runMigrations } from 'graphile-worker'

const silent = new Logger(() => () => undefined)

/**
 * Brings the tables of graphile-worker, in a schema of their own, to the version that this release has.
 * @param url a connection as iam_owner, whose tables they are: iam-worker is let at them by a migration of ours.
 */
export async function migrateJobQueue(url: string): Promise<void> {
  await runMigrations({ connectionString: url, logger: silent, schema: 'graphile_worker' })
}
