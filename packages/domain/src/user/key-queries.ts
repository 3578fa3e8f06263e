import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { VersionCount } from '../secret-key/index.ts'
import type { SealedUserKey } from './personal.ts'

/** A person whose key an older version of the data key seals. */
export type SupersededKey = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }

/**
 * People of all tenants whose keys are sealed by an older version than this one. For iam-worker, which sees those and no
 * others. @param except people to leave out.
 */
export async function findSupersededKeys(
  db: Executor,
  { version, except, limit }: { version: number; except: readonly string[]; limit: number },
): Promise<SupersededKey[]> {
  const found = await sql<SupersededKey>`
    select tenant_id as "tenantId", user_id as "userId" from iam.user_key
     where data_key_version < ${version} and user_id <> all(${except}::text[])
     order by data_key_version limit ${limit}`.execute(db)
  return found.rows
}

/** Whether the key of anybody, of any tenant, is sealed by this version of the data key. For iam-worker. */
export async function isDataKeyNamed(db: Executor, version: number): Promise<boolean> {
  const found = await sql`
    select from iam.user_key where data_key_version = ${version} limit 1`.execute(db)
  return found.rows.length > 0
}

/** How many people's keys of a tenant which version of the data key seals. */
export async function countByDataKey(db: Executor, tenantId: string): Promise<VersionCount[]> {
  return db
    .selectFrom('iam.user_key')
    .select(['data_key_version as version', sql<number>`count(*)::int`.as('rows')])
    .where('tenant_id', '=', tenantId)
    .groupBy('data_key_version')
    .execute()
}

/** Some people's sealed keys, locked until the transaction ends; nothing of those who were erased. */
export async function lockUserKeys(
  db: Executor,
  { tenantId, userIds }: { tenantId: Id<'ten'>; userIds: readonly Id<'usr'>[] },
): Promise<(SealedUserKey & { readonly userId: Id<'usr'> })[]> {
  return db
    .selectFrom('iam.user_key')
    .select(['user_id as userId', 'data_key_version as dataKeyVersion', 'sealed'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', 'in', [...userIds])
    .orderBy('user_id')
    .forUpdate()
    .$castTo<SealedUserKey & { readonly userId: Id<'usr'> }>()
    .execute()
}

/** Writes the same keys, sealed anew. Who has none any more gets none. */
export async function replaceUserKeys(
  db: Executor,
  tenantId: Id<'ten'>,
  keys: readonly (SealedUserKey & { readonly userId: string })[],
): Promise<void> {
  await sql`
    update iam.user_key k set data_key_version = n.version, sealed = n.sealed
      from unnest(${keys.map(({ userId }) => userId)}::text[], ${keys.map((key) => key.dataKeyVersion)}::int[],
                  ${keys.map(({ sealed }) => sealed)}::bytea[]) as n (user_id, version, sealed)
     where k.tenant_id = ${tenantId} and k.user_id = n.user_id`.execute(db)
}
