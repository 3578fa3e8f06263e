import { sql } from 'kysely'
import { build, run, type Executor, type Statement } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { FactorKind, HeldFactor } from './factor.ts'

/** What Postgres answers when a code that a flight uses up was used by then. */
export const factorUsed = 'IAM03'

/** Failures in a row after which a factor opens nothing any more (NIST SP 800-63B-4 3.2.2). */
export const mostFactorFailures = 100

/** How long a factor waits to be confirmed, in seconds. */
export const confirmWithin = 600

export type OfPerson = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }
export type ById = { readonly tenantId: Id<'ten'>; readonly id: Id<'mfa'> }

function ofPerson({ tenantId, userId }: OfPerson) {
  return build.selectFrom('iam.factor').where('tenant_id', '=', tenantId).where('user_id', '=', userId)
}

/** A person's confirmed factors, the oldest first. */
export function heldFactorsOf(person: OfPerson) {
  return ofPerson(person)
    .select(['id', 'kind', 'disabled_at as disabledAt'])
    .where('confirmed_at', 'is not', null)
    .orderBy('id')
    .$castTo<HeldFactor>()
    .compile()
}

export interface StoredFactor extends HeldFactor {
  readonly name: Buffer | null
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
}

/** A person's confirmed factors with what is known of them, the oldest first. */
export function factorsOf(person: OfPerson) {
  return ofPerson(person)
    .select(['id', 'kind', 'disabled_at as disabledAt', 'name', 'created_at as createdAt'])
    .select('last_used_at as lastUsedAt')
    .where('confirmed_at', 'is not', null)
    .orderBy('id')
    .$castTo<StoredFactor>()
    .compile()
}

export interface SealedTotp {
  readonly id: Id<'mfa'>
  readonly secret: Buffer | null
  readonly lastStep: string | null
}

/** The sealed secrets of a person's usable TOTP factors. */
export function usableTotpOf(person: OfPerson) {
  return ofPerson(person)
    .select(['id', 'secret', 'last_step as lastStep'])
    .where('kind', '=', 'totp')
    .where('confirmed_at', 'is not', null)
    .where('disabled_at', 'is', null)
    .orderBy('id')
    .$castTo<SealedTotp>()
    .compile()
}

/** A person's factor that waits to be confirmed. */
export function pendingTotp({ tenantId, userId, id, now }: OfPerson & ById & { readonly now: Date }) {
  return ofPerson({ tenantId, userId })
    .select(['id', 'secret', 'last_step as lastStep'])
    .where('id', '=', id)
    .where('kind', '=', 'totp')
    .where('confirmed_at', 'is', null)
    .where('failures', '<', 5)
    .where('created_at', '>', new Date(now.getTime() - confirmWithin * 1000))
    .$castTo<SealedTotp>()
    .compile()
}

export interface NewFactor extends OfPerson, ById {
  readonly kind: FactorKind
  readonly name: Buffer | null
  readonly secret: Buffer | null
  readonly at: Date
  /** Whether it counts at once. */
  readonly confirmed: boolean
}

/** Adds a factor. */
export function insertFactor(factor: NewFactor): Statement<unknown> {
  return build
    .insertInto('iam.factor')
    .values({
      tenant_id: factor.tenantId,
      id: factor.id,
      user_id: factor.userId,
      kind: factor.kind,
      name: factor.name,
      secret: factor.secret,
      created_at: factor.at,
      confirmed_at: factor.confirmed ? factor.at : null,
    })
    .compile()
}

/**
 * Makes a factor count, which its person showed to work by the code of this step; the flight fails with `factorUsed`
 * when it counts already, and when it must be the person's first and is not.
 */
export function confirmFactor({
  tenantId,
  userId,
  id,
  step,
  at,
  mustBeFirst,
}: OfPerson & ById & { readonly step: number; readonly at: Date; readonly mustBeFirst: boolean }): Statement {
  return sql`
    with confirmed as (
      update iam.factor f set confirmed_at = ${at}, last_step = ${step}, last_used_at = ${at}, failures = 0
       where f.tenant_id = ${tenantId} and f.user_id = ${userId} and f.id = ${id} and f.confirmed_at is null
         and not (${mustBeFirst} and exists (
           select from iam.factor other
            where other.tenant_id = f.tenant_id and other.user_id = f.user_id
              and other.kind <> 'recovery' and other.confirmed_at is not null))
      returning f.id
    )
    select iam.require(exists (select from confirmed), ${factorUsed})`.compile(build)
}

/** Makes a flight fail with `factorUsed` where the person has a factor already; recovery codes are none. */
export function requireNoFactor({ tenantId, userId }: OfPerson): Statement {
  return sql`
    select iam.require(not exists (
      select from iam.factor
       where tenant_id = ${tenantId} and user_id = ${userId} and kind <> 'recovery' and confirmed_at is not null),
      ${factorUsed})`.compile(build)
}

/**
 * Uses up a time step of a TOTP factor, and with it all before, inside a flight, which fails with `factorUsed` when
 * that step was used (RFC 6238 5.2).
 */
export function useTotpStep({
  tenantId,
  id,
  step,
  at,
}: ById & { readonly step: number; readonly at: Date }): Statement {
  return sql`
    with used as (
      update iam.factor set last_step = ${step}, last_used_at = ${at}, failures = 0
       where tenant_id = ${tenantId} and id = ${id} and confirmed_at is not null and disabled_at is null
         and (last_step is null or last_step < ${step})
      returning id
    )
    select iam.require(exists (select from used), ${factorUsed})`.compile(build)
}

/**
 * Counts a failure at a person's factors of a kind: a wrong code is of none of them. The one that is too many disables.
 * @returns each with its failures in a row.
 */
export function countFactorFailure({
  tenantId,
  userId,
  kind,
  at,
}: OfPerson & { readonly kind: FactorKind; readonly at: Date }) {
  return sql<{ id: Id<'mfa'>; failures: number }>`
    update iam.factor set failures = failures + 1,
           disabled_at = case when failures + 1 >= ${mostFactorFailures} then coalesce(disabled_at, ${at}) end
     where tenant_id = ${tenantId} and user_id = ${userId} and kind = ${kind}
       and confirmed_at is not null and disabled_at is null
    returning id, failures`.compile(build)
}

/** Counts a failure at a factor that waits to be confirmed. */
export function countPendingFailure({ tenantId, id }: ById): Statement<unknown> {
  return build
    .updateTable('iam.factor')
    .set({ failures: sql`failures + 1` })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('confirmed_at', 'is', null)
    .compile()
}

/** Gives a factor a name. No row: the person has no such factor. */
export function renameFactorTo({
  tenantId,
  userId,
  id,
  name,
}: OfPerson & ById & { readonly name: Buffer | null }) {
  return build
    .updateTable('iam.factor')
    .set({ name })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .where('confirmed_at', 'is not', null)
    .where('kind', '!=', 'recovery')
    .returning('id')
    .compile()
}

/** Takes a factor away. No row: the person has no such factor. */
export function deleteFactor({ tenantId, userId, id }: OfPerson & ById) {
  return build
    .deleteFrom('iam.factor')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .where('confirmed_at', 'is not', null)
    .where('kind', '!=', 'recovery')
    .returning(['id', 'kind'])
    .$castTo<{ id: Id<'mfa'>; kind: FactorKind }>()
    .compile()
}

/** Takes a person's recovery codes away, or what waits to be confirmed. */
export function deleteFactorsOfKind(
  { tenantId, userId }: OfPerson,
  which: 'recovery' | 'pending',
): Statement<unknown> {
  const all = build.deleteFrom('iam.factor').where('tenant_id', '=', tenantId).where('user_id', '=', userId)
  return (
    which === 'recovery' ? all.where('kind', '=', 'recovery') : all.where('confirmed_at', 'is', null)
  ).compile()
}

/** Deletes a person's factors, with their recovery codes: part of erasing the person. */
export async function forgetFactors(db: Executor, { tenantId, userId }: OfPerson): Promise<void> {
  await run(
    db,
    build.deleteFrom('iam.factor').where('tenant_id', '=', tenantId).where('user_id', '=', userId).compile(),
  )
}
