import { sql } from 'kysely'
import { build, type Executor, type Statement } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { VersionCount } from '../secret-key/index.ts'
import type { NewPassword, StoredPassword } from './passwords.ts'

type Owner = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }

/** The password that a user has now. */
export interface PresentPassword extends StoredPassword {
  readonly changedAt: Date
  /** When it was last looked for among breached ones; null for never. */
  readonly breachCheckedAt: Date | null
  /** When it was found there. */
  readonly breachedAt: Date | null
  /** When the person's address was found in a breach of another service that told passwords; null for never since it was set. */
  readonly exposedAt: Date | null
}

/** A user's stored password. Asked with an id that nobody has, it is the same statement with no row. */
export function credentialOf(tenantId: Id<'ten'>, userId: string) {
  return build
    .selectFrom('iam.credential')
    .select([
      'hash',
      'pepper_version as pepperVersion',
      'changed_at as changedAt',
      'breach_checked_at as breachCheckedAt',
      'breached_at as breachedAt',
      'exposed_at as exposedAt',
    ])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .$castTo<PresentPassword>()
    .compile()
}

/** A user's earlier passwords, the newest first. */
export function earlierPasswords({ tenantId, userId }: Owner, most: number) {
  return build
    .selectFrom('iam.credential_history')
    .select(['hash', 'pepper_version as pepperVersion'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .orderBy('position', 'desc')
    .limit(most)
    .$castTo<StoredPassword>()
    .compile()
}

/** How many of a tenant's credentials have which parameters. */
export function credentialMixOf(tenantId: Id<'ten'>) {
  return build
    .selectFrom('iam.credential_mix')
    .select(['parameters', 'credentials'])
    .where('tenant_id', '=', tenantId)
    .where('credentials', '>', '0')
    .orderBy('parameters')
    .compile()
}

/** Stores a new user's password. */
export async function insertCredential(
  db: Executor,
  credential: Owner & { password: NewPassword },
  now: Date,
): Promise<void> {
  await db
    .insertInto('iam.credential')
    .values({
      tenant_id: credential.tenantId,
      user_id: credential.userId,
      hash: credential.password.hash,
      pepper_version: credential.password.pepperVersion,
      changed_at: now,
      breach_checked_at: credential.password.breachCheckedAt,
    })
    .execute()
}

/** Sets a user's password, whether or not there was one. */
export async function putCredential(
  db: Executor,
  { tenantId, userId, password }: Owner & { password: NewPassword },
  now: Date,
): Promise<void> {
  const values = {
    hash: password.hash,
    pepper_version: password.pepperVersion,
    changed_at: now,
    breach_checked_at: password.breachCheckedAt ?? null,
    breached_at: null,
    exposed_at: null,
  }
  await db
    .insertInto('iam.credential')
    .values({ tenant_id: tenantId, user_id: userId, ...values })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'user_id']).doUpdateSet(values))
    .execute()
}

/** Writes another hash of the same password, if the stored one is still the one that was checked. */
export function replaceHash({ tenantId, userId }: Owner, was: StoredPassword, now: StoredPassword) {
  return build
    .updateTable('iam.credential')
    .set({ hash: now.hash, pepper_version: now.pepperVersion })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('hash', '=', was.hash)
    .returning('user_id')
    .compile()
}

type Looked = Owner & {
  /** When the password was set that was looked for. */
  readonly changedAt: Date
  readonly at: Date
}

/** Notes that a password is not among breached ones, if it is still the one. */
export function noteNotBreached({ tenantId, userId, changedAt, at }: Looked) {
  return build
    .updateTable('iam.credential')
    .set({ breach_checked_at: at })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('changed_at', '=', changedAt)
    .where('breached_at', 'is', null)
    .compile()
}

/** Marks a password as breached, if it is still the one. @returns false when it is not, or was marked before. */
export async function noteBreached(
  db: Executor,
  { tenantId, userId, changedAt, at }: Looked,
): Promise<boolean> {
  const marked = await db
    .updateTable('iam.credential')
    .set({ breach_checked_at: at, breached_at: at })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('changed_at', '=', changedAt)
    .where('breached_at', 'is', null)
    .returning('user_id')
    .executeTakeFirst()
  return marked !== undefined
}

/**
 * Marks a password as one that may be known from a breach of another service, if it was set before that breach became
 * known and the person may have used it there, too.
 */
export function markExposed({
  tenantId,
  userId,
  knownSince,
  at,
}: Owner & { readonly knownSince: Date; readonly at: Date }): Statement<unknown> {
  return build
    .updateTable('iam.credential')
    .set({ exposed_at: at })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('changed_at', '<', knownSince)
    .where('exposed_at', 'is', null)
    .compile()
}

/** Copies the present password to the earlier ones. */
export async function keepEarlier(db: Executor, { tenantId, userId }: Owner, now: Date): Promise<void> {
  await db
    .insertInto('iam.credential_history')
    .columns(['tenant_id', 'user_id', 'hash', 'pepper_version', 'replaced_at'])
    .expression((eb) =>
      eb
        .selectFrom('iam.credential')
        .select(['tenant_id', 'user_id', 'hash', 'pepper_version', eb.val(now).as('replaced_at')])
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId),
    )
    .execute()
}

/** Deletes all but the newest of the earlier passwords. */
export async function trimEarlier(
  db: Executor,
  { tenantId, userId, keep }: Owner & { keep: number },
): Promise<void> {
  await db
    .deleteFrom('iam.credential_history')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('position', 'not in', (eb) =>
      eb
        .selectFrom('iam.credential_history')
        .select('position')
        .where('tenant_id', '=', tenantId)
        .where('user_id', '=', userId)
        .orderBy('position', 'desc')
        .limit(keep),
    )
    .execute()
}

/** Deletes a person's password and the earlier ones: part of erasing the person. */
export function deleteCredentials({ tenantId, userId }: Owner): readonly Statement[] {
  return [
    build
      .deleteFrom('iam.credential')
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .compile(),
    build
      .deleteFrom('iam.credential_history')
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .compile(),
  ]
}

/**
 * Whether a password or an earlier one of anybody, of any tenant, was hashed with this version of the pepper. For
 * iam-worker, which sees those that a newer one has taken over from.
 */
export async function isPepperNamed(db: Executor, version: number): Promise<boolean> {
  const found = await sql`
    (select from iam.credential where pepper_version = ${version} limit 1) union all
    (select from iam.credential_history where pepper_version = ${version} limit 1)`.execute(db)
  return found.rows.length > 0
}

/** How many passwords of a tenant, with the earlier ones, were hashed with which version of the pepper. */
export async function countByPepper(db: Executor, tenantId: string): Promise<VersionCount[]> {
  const counted = await sql<VersionCount>`
    select version, count(*)::int as rows from (
      select pepper_version as version from iam.credential where tenant_id = ${tenantId} union all
      select pepper_version from iam.credential_history where tenant_id = ${tenantId}
    ) all_of_them where version is not null group by version`.execute(db)
  return counted.rows
}
