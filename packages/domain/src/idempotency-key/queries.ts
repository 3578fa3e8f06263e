import type { Executor } from '../db/index.ts'
import { sql } from 'kysely'

/** A write as its Idempotency-Key names it: one person's, at one route. */
export interface KeyedWrite {
  readonly tenantId: string
  readonly principalId: string
  readonly route: string
  readonly key: string
}

/** Takes a key for 24 hours, waiting for whoever is at work under it. @returns false when it is somebody's. */
export async function takeKey(
  db: Executor,
  write: KeyedWrite,
  { requestHash, at, expiresAt }: { requestHash: Buffer; at: Date; expiresAt: Date },
): Promise<boolean> {
  const taken = await sql`
    insert into iam.idempotency_key as k (tenant_id, principal_id, route, key, request_hash, expires_at)
    values (${write.tenantId}, ${write.principalId}, ${write.route}, ${write.key}, ${requestHash}, ${expiresAt})
    on conflict (tenant_id, principal_id, route, key) do update
       set request_hash = excluded.request_hash, body = null, subject_id = null, expires_at = excluded.expires_at
     where k.expires_at <= ${at}
    returning k.key`.execute(db)
  return taken.rows.length === 1
}

/** What was asked and answered under a key. */
export async function findAnswer(
  db: Executor,
  { tenantId, principalId, route, key }: KeyedWrite,
): Promise<{ readonly requestHash: Buffer; readonly body: unknown } | undefined> {
  return db
    .selectFrom('iam.idempotency_key')
    .select(['request_hash as requestHash', 'body'])
    .where('tenant_id', '=', tenantId)
    .where('principal_id', '=', principalId)
    .where('route', '=', route)
    .where('key', '=', key)
    .executeTakeFirst()
}

/** Keeps what a write answered. @param subjectId whom the answer tells of: with that person it goes. */
export async function keepAnswer(
  db: Executor,
  { tenantId, principalId, route, key }: KeyedWrite,
  { body, subjectId }: { body: unknown; subjectId: string | undefined },
): Promise<void> {
  await db
    .updateTable('iam.idempotency_key')
    .set({ body: JSON.stringify(body), subject_id: subjectId ?? null })
    .where('tenant_id', '=', tenantId)
    .where('principal_id', '=', principalId)
    .where('route', '=', route)
    .where('key', '=', key)
    .execute()
}

/** Deletes what was answered to a person, and about them. */
export async function forgetAnswers(
  db: Executor,
  { tenantId, userId }: { readonly tenantId: string; readonly userId: string },
): Promise<void> {
  await db
    .deleteFrom('iam.idempotency_key')
    .where('tenant_id', '=', tenantId)
    .where((row) => row.or([row('subject_id', '=', userId), row('principal_id', '=', userId)]))
    .execute()
}

/** Deletes keys of all tenants whose day is over. @returns how many went. */
export async function deleteOldKeys(db: Executor): Promise<number> {
  const deleted = await sql`delete from iam.idempotency_key where expires_at <= iam.now()`.execute(db)
  return Number(deleted.numAffectedRows ?? 0n)
}
