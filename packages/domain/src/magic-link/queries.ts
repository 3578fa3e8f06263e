import { sql } from 'kysely'
import { build, run, type Executor, type Statement } from '../db/index.ts'
import type { Id } from '../kit/index.ts'
import type { MagicLink } from './magic-link.ts'

/** How often a link's code may be guessed at, and its number: then the one is void, and the others are not. */
const mostGuesses = 5

/** What Postgres answers when a link that a flight uses up was used, void or too old by then. */
export const linkUsed = 'IAM18'

type ById = { readonly tenantId: Id<'ten'>; readonly id: Id<'mgl'> }
type ByIdNow = ById & { readonly now: Date }

const columns = sql`
  tenant_id as "tenantId", id, subject, user_id as "userId", key_version as "keyVersion", asked_from as "askedFrom",
  data_key_version as "dataKeyVersion", created_at as "createdAt", expires_at as "expiresAt",
  approved_at as "approvedAt"`

const usable = ({ tenantId, id, now }: ByIdNow) => sql`
  tenant_id = ${tenantId} and id = ${id} and consumed_at is null and voided_at is null and expires_at > ${now}`

/** Stores a link. */
export function insertMagicLink(link: MagicLink): Statement<unknown> {
  return build
    .insertInto('iam.magic_link')
    .values({
      tenant_id: link.tenantId,
      id: link.id,
      subject: link.subject,
      key_version: link.keyVersion,
      asked_from: link.askedFrom,
      data_key_version: link.dataKeyVersion,
      created_at: link.createdAt,
      expires_at: link.expiresAt,
    })
    .compile()
}

/** Voids the links that were asked for an address before. @param subjects its hash, under every key that counts. */
export function voidMagicLinks(
  { tenantId, at }: { readonly tenantId: Id<'ten'>; readonly at: Date },
  subjects: readonly Buffer[],
): Statement<unknown> {
  return sql`
    update iam.magic_link set voided_at = ${at}
     where tenant_id = ${tenantId} and subject = any(${subjects}::bytea[])
       and consumed_at is null and voided_at is null`.compile(build)
}

/** A link that can still be used; nothing is consumed by looking. */
export function usableMagicLink(link: ByIdNow) {
  return sql<MagicLink>`select ${columns} from iam.magic_link where ${usable(link)}`.compile(build)
}

/** Says whom a link lets in, now that it is being mailed; no row when it cannot be used any more. */
export function addressMagicLink(link: ByIdNow, userId: Id<'usr'>) {
  return sql<MagicLink>`
    update iam.magic_link set user_id = ${userId} where ${usable(link)} returning ${columns}`.compile(build)
}

/**
 * Takes one of the guesses at a link's code, before anything is compared, so that however many guess at once there
 * are no more. No row when there is none left, or the link cannot be used any more.
 */
export function takeCodeGuess(link: ByIdNow) {
  return sql<MagicLink>`
    update iam.magic_link set code_guesses = code_guesses + 1
     where ${usable(link)} and code_guesses < ${mostGuesses} returning ${columns}`.compile(build)
}

/** The same for its number. One that was approved is guessed at no more. */
export function takeNumberGuess(link: ByIdNow) {
  return sql<MagicLink>`
    update iam.magic_link set number_guesses = number_guesses + 1
     where ${usable(link)} and approved_at is null and number_guesses < ${mostGuesses}
    returning ${columns}`.compile(build)
}

/** Records that a link was approved from another device; no row for the second who does so. */
export function markApproved(link: ByIdNow) {
  return sql<{ id: string }>`
    update iam.magic_link set approved_at = ${link.now}
     where ${usable(link)} and approved_at is null returning id`.compile(build)
}

/**
 * Uses a link up inside a flight, which fails with `linkUsed` unless this is the first to do so: what stands in the
 * same flight happens once, whatever Redis says.
 */
export function useMagicLink(link: ByIdNow): Statement {
  return sql`
    with consumed as (update iam.magic_link set consumed_at = ${link.now} where ${usable(link)} returning id)
    select iam.require(exists (select from consumed), ${linkUsed})`.compile(build)
}

/** Deletes a person's links, and those that were asked for their address: part of erasing the person. */
export async function deleteMagicLinks(
  db: Executor,
  { tenantId, userId, subjects }: { tenantId: Id<'ten'>; userId: Id<'usr'>; subjects: readonly Buffer[] },
): Promise<void> {
  await run(
    db,
    sql`
      delete from iam.magic_link
       where tenant_id = ${tenantId} and (user_id = ${userId} or subject = any(${subjects}::bytea[]))`.compile(
      build,
    ),
  )
}

/** Deletes links of all tenants that ended an hour ago and more. @returns how many went. */
export async function deleteOldMagicLinks(db: Executor): Promise<number> {
  const deleted =
    await sql`delete from iam.magic_link where expires_at < iam.now() - interval '1 hour'`.execute(db)
  return Number(deleted.numAffectedRows ?? 0n)
}
