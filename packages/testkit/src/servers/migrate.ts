import type { Database } from '@iam/domain/db'
import { migrateToLatest } from '@iam/migrations'
import { openPostgres } from '@iam/platform/postgres'

/** Brings an empty database to the newest schema. @param url a connection as iam_owner. */
export async function migrate(url: string): Promise<void> {
  const { kysely, close } = openPostgres<Database>({ url, poolSize: 2 })
  try {
    await migrateToLatest(kysely, url)
  } finally {
    await close()
  }
}
