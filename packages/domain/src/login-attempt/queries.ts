import { sql } from 'kysely'
import { build, type Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'

/** When a person's password was disabled. No row, or null: it was not. */
export function passwordDisabled(tenantId: Id<'ten'>, userId: string) {
  return build
    .selectFrom('iam.login_failure')
    .select('disabled_at as disabledAt')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .compile()
}

/** A person's wrong passwords since their last login. No row: none. */
export function failuresInARow(tenantId: Id<'ten'>, userId: string) {
  return build
    .selectFrom('iam.login_failure')
    .select(['in_a_row as inARow', 'last_at as lastAt'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .compile()
}

/** Forgets a person's failures, and that they disabled the password. Answers when they did. */
export function forgetFailures(tenantId: Id<'ten'>, userId: string) {
  return build
    .deleteFrom('iam.login_failure')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .returning('disabled_at as disabledAt')
    .compile()
}

/** Deletes what is remembered of a person's logins: part of erasing the person. */
export function deleteAttempts({ tenantId, userId }: { tenantId: Id<'ten'>; userId: Id<'usr'> }) {
  return [
    forgetFailures(tenantId, userId),
    build
      .deleteFrom('iam.known_origin')
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .compile(),
  ]
}

/** Deletes devices of all tenants that nobody logged in on for 90 days. @returns how many went, at most `limit`. */
export async function deleteOldOrigins(db: Executor, { limit }: { limit: number }): Promise<number> {
  const deleted = await sql`
    delete from iam.known_origin where (tenant_id, id) in (
      select tenant_id, id from iam.known_origin
       where last_seen_at < iam.now() - interval '90 days' limit ${limit})`.execute(db)
  return Number(deleted.numAffectedRows ?? 0n)
}

/** Which of these somebody logged in from before. */
export function knownOrigins(tenantId: Id<'ten'>, ids: readonly Buffer[]) {
  return build
    .selectFrom('iam.known_origin')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('id', 'in', [...ids])
    .compile()
}
