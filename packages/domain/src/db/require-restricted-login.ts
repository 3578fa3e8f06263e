import { sql } from 'kysely'
import type { Executor } from './build.ts'

const oldestServer = 150_016

/**
 * Refuses to work as a login that row-level security does not bind, or on a server whose row-level security
 * has known holes. To be called once at the start.
 * @throws an error that says what to do; the process must not serve.
 */
export async function requireRestrictedLogin(db: Executor): Promise<void> {
  const found = await sql<{ login: string; free: boolean; owns: boolean; version: number }>`
    select current_user as login,
           (select rolsuper or rolbypassrls from pg_roles where rolname = current_user) as free,
           exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                    where n.nspname = 'iam' and pg_get_userbyid(c.relowner) = current_user) as owns,
           current_setting('server_version_num')::int as version`.execute(db)
  const [login] = found.rows
  if (login === undefined) throw new Error('Postgres did not say who we are.')
  if (login.free || login.owns) {
    throw new UnsafeDatabaseError(
      `The database login ${login.login} is not bound by row-level security: use iam_api or iam_worker.`,
    )
  }
  if (login.version < oldestServer) {
    throw new UnsafeDatabaseError(
      `Postgres ${login.version} has known holes in row-level security: use 15.16 or newer.`,
    )
  }
}

/** What no retry will mend. */
export class UnsafeDatabaseError extends Error {
  override readonly name = 'UnsafeDatabaseError'
}
