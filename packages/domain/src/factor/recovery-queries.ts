import { sql } from 'kysely'
import { build, type Statement } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import { factorUsed, type ById, type OfPerson } from './queries.ts'

/** What Postgres answers when a person's recovery codes came or went since a flight was planned. */
export const recoveryCodesChanged = 'IAM23'

/** How many of a person's recovery codes are left. No row: none. */
export function recoveryCodesLeft({ tenantId, userId }: OfPerson) {
  return sql<{ left: number }>`
    select count(*)::int as left from iam.recovery_code c join iam.factor f
        on f.tenant_id = c.tenant_id and f.id = c.factor_id
     where f.tenant_id = ${tenantId} and f.user_id = ${userId} and c.consumed_at is null
     group by f.id`.compile(build)
}

/** The person's recovery codes' factor, where a code of theirs with this hash is left. */
export function recoveryFactorOf({ tenantId, userId, hash }: OfPerson & { readonly hash: Buffer }) {
  return sql<{ id: Id<'mfa'> }>`
    select f.id from iam.factor f join iam.recovery_code c on c.tenant_id = f.tenant_id and c.factor_id = f.id
     where f.tenant_id = ${tenantId} and f.user_id = ${userId} and f.disabled_at is null
       and c.hash = ${hash} and c.consumed_at is null`.compile(build)
}

/** Uses up a recovery code inside a flight, which fails with `factorUsed` when it was used. */
export function useRecoveryCode({
  tenantId,
  id,
  hash,
  at,
}: ById & { readonly hash: Buffer; readonly at: Date }): Statement {
  return sql`
    with consumed as (
      update iam.recovery_code set consumed_at = ${at}
       where tenant_id = ${tenantId} and factor_id = ${id} and hash = ${hash} and consumed_at is null
      returning factor_id
    ),
    used as (
      update iam.factor set last_used_at = ${at}, failures = 0
       where tenant_id = ${tenantId} and id in (select factor_id from consumed) and disabled_at is null
      returning id
    )
    select iam.require(exists (select from used), ${factorUsed})`.compile(build)
}

/**
 * Makes a flight fail with `recoveryCodesChanged` unless the person still has recovery codes, or still has none. To
 * stand in a flight with the person's stream in its scope.
 */
export function requireRecoveryCodesAsPlanned({ tenantId, userId }: OfPerson, had: boolean): Statement {
  return sql`
    select iam.require(${had} = exists (
      select from iam.factor
       where tenant_id = ${tenantId} and user_id = ${userId} and kind = 'recovery'), ${recoveryCodesChanged})`.compile(
    build,
  )
}

/** Stores the hashes of a factor's recovery codes. */
export function insertRecoveryCodes({ tenantId, id, hashes }: ById & { readonly hashes: readonly Buffer[] }) {
  return build
    .insertInto('iam.recovery_code')
    .values(hashes.map((hash) => ({ tenant_id: tenantId, factor_id: id, hash })))
    .compile()
}
