import { sql } from 'kysely'
import { build, type Executor } from '../db/index.ts'
import type { Id } from '../kit/index.ts'

type OfPerson = { readonly tenantId: Id<'ten'>; readonly userId: Id<'usr'> }
type OfSession = OfPerson & { readonly sessionId: string }

/** A refresh token that came back, as it is stored. */
export interface StoredReuse {
  readonly sessionId: Id<'ses'>
  readonly familyId: Id<'rft'>
  readonly refreshedAt: Date
  readonly presentedAt: Date
  /** Whether the successor had been used, which a lost reply alone does not explain. */
  readonly successorUsed: boolean
  /** Whether it came from another network or with another agent than the last refresh. */
  readonly elsewhere: boolean
  readonly requestId: string
  /** What `sealOrigin` made, of whoever refreshed last and of whoever came with the old token. */
  readonly holder: Buffer | null
  readonly presenter: Buffer | null
  /** Both, sealed under the person's key, which then stands in their place. */
  readonly personal: Buffer | null
}

/** What is known of the reuse that ended a person's session. No row: it ended otherwise. */
export function reuseOf({ sessionId, ...person }: OfSession) {
  return ofPerson(person).where('session_id', '=', sessionId).$castTo<StoredReuse>().compile()
}

/** A person's reuses, the newest session first, from after the one named on. */
export function reusesOf({
  before,
  limit,
  ...person
}: OfPerson & { readonly before: string | undefined; readonly limit: number }) {
  const all = ofPerson(person).orderBy('session_id', 'desc').limit(limit)
  const page = before === undefined ? all : all.where('session_id', '<', before)
  return page.$castTo<StoredReuse>().compile()
}

function ofPerson({ tenantId, userId }: OfPerson) {
  return build
    .selectFrom('iam.session_reuse')
    .select(['session_id as sessionId', 'family_id as familyId', 'request_id as requestId', 'elsewhere'])
    .select(['refreshed_at as refreshedAt', 'presented_at as presentedAt', 'successor_used as successorUsed'])
    .select(['holder', 'presenter', 'personal'])
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
}

/** Puts what is sealed under the person's key in the place of what was sealed under the data key. */
export function keepPersonal({ tenantId, userId, sessionId }: OfSession, personal: Buffer) {
  return build
    .updateTable('iam.session_reuse')
    .set({ personal, holder: null, presenter: null })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('session_id', '=', sessionId)
    .compile()
}

/** Deletes what is known of a person's reuses. */
export function deleteReuses({ tenantId, userId }: OfPerson) {
  return build
    .deleteFrom('iam.session_reuse')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .compile()
}

/** Takes off a person's refresh families where they were refreshed from. */
export function deleteRotatedFrom({ tenantId, userId }: OfPerson) {
  return sql`
    update iam.refresh_family f set rotated_from = null
      from iam.session s
     where s.tenant_id = ${tenantId} and s.user_id = ${userId}
       and f.tenant_id = s.tenant_id and f.session_id = s.id and f.rotated_from is not null`.compile(build)
}

/** Deletes reuses of all tenants of 90 days ago and more. @returns how many went, at most `limit`. */
export async function deleteOldReuses(db: Executor, { limit }: { limit: number }): Promise<number> {
  const deleted = await sql`
    delete from iam.session_reuse where (tenant_id, session_id) in (
      select tenant_id, session_id from iam.session_reuse
       where presented_at < iam.now() - interval '90 days' limit ${limit})`.execute(db)
  return Number(deleted.numAffectedRows ?? 0n)
}
