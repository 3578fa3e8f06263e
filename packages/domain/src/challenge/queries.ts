import { sql } from 'kysely'
import { build, run, type Executor, type Statement } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { Challenge } from './challenge.ts'

/** How many wrong answers a challenge takes before it is void. Factors count theirs besides, across challenges. */
export const mostWrongAnswers = 5

/** What Postgres answers when a challenge that a flight uses up was used, void or too old by then. */
export const challengeUsed = 'IAM02'

type ById = { readonly tenantId: Id<'ten'>; readonly id: Id<'cha'> }
type ByIdNow = ById & { readonly now: Date }

const columns = [
  'tenant_id as tenantId',
  'id',
  'kind',
  'user_id as userId',
  'session_id as sessionId',
  'binding',
  'key_version as keyVersion',
  'facts',
  'created_at as createdAt',
  'expires_at as expiresAt',
] as const

/** Stores a challenge. */
export function insertChallenge(challenge: Challenge): Statement<unknown> {
  return build
    .insertInto('iam.challenge')
    .values({
      tenant_id: challenge.tenantId,
      id: challenge.id,
      kind: challenge.kind,
      user_id: challenge.userId,
      session_id: challenge.sessionId,
      binding: challenge.binding,
      key_version: challenge.keyVersion,
      facts: JSON.stringify(challenge.facts),
      created_at: challenge.createdAt,
      expires_at: challenge.expiresAt,
    })
    .compile()
}

/** A challenge that can still be answered; nothing is consumed by looking. */
export function usableChallenge({ tenantId, id, now }: ByIdNow) {
  return build
    .selectFrom('iam.challenge')
    .select(columns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('consumed_at', 'is', null)
    .where('voided_at', 'is', null)
    .where('failures', '<', mostWrongAnswers)
    .where('expires_at', '>', now)
    .$castTo<Challenge>()
    .compile()
}

/** Uses a challenge up, and answers it; no row when it was used, void or too old. For who branches on that. */
export function consumeChallenge(challenge: ByIdNow) {
  return sql<{ id: string }>`${consuming(challenge)}`.compile(build)
}

/**
 * Uses a challenge up inside a flight, which fails with `challengeUsed` unless this is the first to do so: what stands
 * in the same flight happens once.
 */
export function useChallenge(challenge: ByIdNow): Statement {
  return sql`
    with consumed as (${consuming(challenge)})
    select iam.require(exists (select from consumed), ${challengeUsed})`.compile(build)
}

function consuming({ tenantId, id, now }: ByIdNow) {
  return sql`
    update iam.challenge set consumed_at = ${now}
     where tenant_id = ${tenantId} and id = ${id} and consumed_at is null and voided_at is null
       and failures < ${mostWrongAnswers} and expires_at > ${now}
    returning id`
}

/** Counts a wrong answer. */
export function countWrongAnswer({ tenantId, id }: ById): Statement<unknown> {
  return build
    .updateTable('iam.challenge')
    .set({ failures: sql`failures + 1` })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .compile()
}

/**
 * Voids what a person has begun to prove: their factors are others now. Another password needs none of this, since a
 * session is opened only by the one that was given at the first step (require-standing.ts).
 */
export function voidChallenges({
  tenantId,
  userId,
  at,
}: {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly at: Date
}): Statement<unknown> {
  return build
    .updateTable('iam.challenge')
    .set({ voided_at: at })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('consumed_at', 'is', null)
    .where('voided_at', 'is', null)
    .compile()
}

/** Voids what waits to be answered on a device of the person: logins that it was proved in, and proofs of it. */
export function voidChallengesOnDevice({
  tenantId,
  userId,
  id,
  at,
}: {
  readonly tenantId: Id<'ten'>
  readonly userId: Id<'usr'>
  readonly id: Id<'dev'>
  readonly at: Date
}): Statement<unknown> {
  return sql`
    update iam.challenge set voided_at = ${at}
     where tenant_id = ${tenantId} and user_id = ${userId} and consumed_at is null and voided_at is null
       and (facts->>'onDevice' = ${id} or facts->>'deviceId' = ${id})`.compile(build)
}

/** Deletes a person's challenges: part of erasing the person. */
export async function forgetChallenges(
  db: Executor,
  { tenantId, userId }: { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> },
): Promise<void> {
  await run(
    db,
    build
      .deleteFrom('iam.challenge')
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', userId)
      .compile(),
  )
}

/** Deletes challenges of all tenants that ended an hour ago and more. @returns how many went. */
export async function deleteOldChallenges(db: Executor): Promise<number> {
  const deleted =
    await sql`delete from iam.challenge where expires_at < iam.now() - interval '1 hour'`.execute(db)
  return Number(deleted.numAffectedRows ?? 0n)
}
