import type { Database } from '@iam/domain/db'
import { migrateToLatest } from '@iam/migrations'
import { openPostgres } from '@iam/platform/postgres'

/** Applies the migrations that are missing, all or none. @returns the names of those applied now. */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const { kysely, close } = openPostgres<Database>({ url: databaseUrl, poolSize: 2 })
  try {
    return await migrateToLatest(kysely, databaseUrl)
  } finally {
    await close()
  }
}
