import { sql } from 'kysely'
import { build, run, type Executor, type Statement } from '../db/index.ts'
import { factorUsed } from '../factor/index.ts'
import type { Id } from '../kit/index.ts'
import { mostPasskeys, type NewPasskey, type Passkey } from './passkey.ts'

/** What Postgres answers when a passkey cannot be stored: it is known already, or one too many by now. */
export const passkeyRefused = 'IAM04'

type OfPerson = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }

/** The passkey with a credential id, whosever it is: at most one in a tenant. */
export function passkeyByCredential(tenantId: Id<'ten'>, credentialId: Buffer) {
  return sql<Passkey>`
    select p.factor_id as "factorId", p.user_id as "userId", p.rp_id as "rpId", p.credential_id as "credentialId",
           p.public_key as "publicKey", p.sign_count::float8 as "signCount", p.transports,
           p.backup_eligible as "backupEligible", h.handle as "userHandle", f.disabled_at as "disabledAt"
      from iam.passkey p
      join iam.passkey_handle h on h.tenant_id = p.tenant_id and h.user_id = p.user_id
      join iam.factor f on f.tenant_id = p.tenant_id and f.id = p.factor_id
     where p.tenant_id = ${tenantId} and p.credential_id = ${credentialId}`.compile(build)
}

export type NamedPasskey = Pick<Passkey, 'credentialId' | 'rpId' | 'transports'>

/** What browsers are told of a person's passkeys, the oldest first. */
export function passkeysOf({ tenantId, userId }: OfPerson) {
  return build
    .selectFrom('iam.passkey')
    .select(['credential_id as credentialId', 'rp_id as rpId', 'transports'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .orderBy('factor_id')
    .$castTo<NamedPasskey>()
    .compile()
}

/**
 * What authenticators know a person by: the same from the first time on. To stand in a flight with the person's stream
 * in its scope: one of two first times at once would see none.
 * @param fresh what it is to be, if there is none.
 */
export function handleOf({ tenantId, userId }: OfPerson, fresh: Buffer) {
  return sql<{ handle: Buffer }>`
    with made as (
      insert into iam.passkey_handle (tenant_id, user_id, handle) values (${tenantId}, ${userId}, ${fresh})
      on conflict (tenant_id, user_id) do nothing
      returning handle
    )
    select handle from made
    union all
    select handle from iam.passkey_handle where tenant_id = ${tenantId} and user_id = ${userId}
    limit 1`.compile(build)
}

/**
 * Stores a passkey of a factor that is stored before. The flight fails with `passkeyRefused` when anybody of the tenant
 * has it, or the person has as many as they may. To stand in a flight with the person's stream in its scope: then no
 * two at once are both the last.
 */
export function insertPasskey(
  { tenantId, userId }: OfPerson,
  factorId: Id<'mfa'>,
  passkey: NewPasskey,
): Statement {
  return sql`
    with stored as (
      insert into iam.passkey (tenant_id, factor_id, user_id, rp_id, credential_id, public_key, sign_count, transports,
                               backup_eligible)
      select ${tenantId}, ${factorId}, ${userId}, ${passkey.rpId}, ${passkey.credentialId}, ${passkey.publicKey},
             ${passkey.signCount}, ${[...passkey.transports]}::text[], ${passkey.backupEligible}
       where (select count(*) from iam.passkey where tenant_id = ${tenantId} and user_id = ${userId}) < ${mostPasskeys}
      on conflict (tenant_id, credential_id) do nothing
      returning factor_id
    )
    select iam.require(exists (select from stored), ${passkeyRefused})`.compile(build)
}

/**
 * Notes a use inside a flight, which fails with `factorUsed` when the passkey is gone, disabled, or was used with that
 * count or a higher one meanwhile.
 */
export function usePasskey({
  tenantId,
  factorId,
  signCount,
  at,
}: {
  readonly tenantId: Id<'ten'>
  readonly factorId: Id<'mfa'>
  readonly signCount: number
  readonly at: Date
}): Statement {
  return sql`
    with used as (
      update iam.factor set last_used_at = ${at}, failures = 0
       where tenant_id = ${tenantId} and id = ${factorId} and disabled_at is null
      returning id
    ),
    counted as (
      update iam.passkey set sign_count = ${signCount}
       where tenant_id = ${tenantId} and factor_id in (select id from used)
         and (sign_count < ${signCount} or (sign_count = 0 and ${signCount} = 0))
      returning factor_id
    )
    select iam.require(exists (select from counted), ${factorUsed})`.compile(build)
}

/** Notes that a person is told of a copy of their passkey now. No row: they were, since then. */
export function noteCopyTold({
  tenantId,
  factorId,
  at,
  since,
}: {
  readonly tenantId: Id<'ten'>
  readonly factorId: Id<'mfa'>
  readonly at: Date
  readonly since: Date
}) {
  return build
    .updateTable('iam.passkey')
    .set({ copy_told_at: at })
    .where('tenant_id', '=', tenantId)
    .where('factor_id', '=', factorId)
    .where((row) => row.or([row('copy_told_at', 'is', null), row('copy_told_at', '<=', since)]))
    .returning('factor_id as factorId')
    .compile()
}

/** Whether anybody of the tenant has a passkey. */
export async function hasPasskeys(db: Executor, tenantId: Id<'ten'>): Promise<boolean> {
  const found = await db
    .selectFrom('iam.passkey')
    .select('factor_id')
    .where('tenant_id', '=', tenantId)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/** Deletes what authenticators knew a person by: part of erasing the person. Their passkeys go with their factors. */
export async function forgetPasskeys(db: Executor, { tenantId, userId }: OfPerson): Promise<void> {
  await run(
    db,
    build
      .deleteFrom('iam.passkey_handle')
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .compile(),
  )
}
