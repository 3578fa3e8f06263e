import { sql } from 'kysely'
import type { Executor } from '../db/index.ts'
import type { QueuedMail } from './mail.ts'

const firstWait = 30
const longestWait = 3_600

/**
 * Takes mails of all tenants that are due, for this worker alone: none comes up again before its next try is
 * due, half a minute after the first and then four times later each, up to an hour.
 */
export async function claimMails(db: Executor, limit: number): Promise<QueuedMail[]> {
  const claimed = await sql<QueuedMail>`
    update iam.mail m
       set attempts = m.attempts + 1,
           due_at = iam.now() + make_interval(secs => least(${longestWait}, ${firstWait} * 4.0 ^ m.attempts))
     where (m.tenant_id, m.id) in (
       select tenant_id, id from iam.mail
        where due_at <= iam.now() and sent_at is null and given_up_at is null
        order by due_at limit ${limit} for update skip locked
     )
    returning m.tenant_id as "tenantId", m.id, m.template, m.user_id as "userId", m.address,
              m.data_key_version as "dataKeyVersion", m.locale, m.params, m.created_at as "createdAt", m.attempts`.execute(
    db,
  )
  return claimed.rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

type Named = Pick<QueuedMail, 'tenantId' | 'id'>

/** Records that the mail server took it. */
export async function markSent(db: Executor, { tenantId, id }: Named): Promise<void> {
  await sql`
    update iam.mail set sent_at = iam.now(), address = null where tenant_id = ${tenantId} and id = ${id}`.execute(
    db,
  )
}

/** Records that it will not be sent, and why. */
export async function giveUpMail(db: Executor, { tenantId, id }: Named, reason: string): Promise<void> {
  await sql`
    update iam.mail set given_up_at = iam.now(), address = null, reason = ${reason}
     where tenant_id = ${tenantId} and id = ${id}`.execute(db)
}

/** How many mails wait, and for how many seconds the one that is longest overdue. */
export async function countWaitingMails(db: Executor): Promise<{ waiting: number; oldest: number }> {
  const counted = await sql<{ waiting: number; oldest: number }>`
    select count(*)::int as waiting,
           coalesce(extract(epoch from iam.now() - min(created_at)), 0)::float8 as oldest
      from iam.mail where sent_at is null and given_up_at is null`.execute(db)
  return counted.rows[0] ?? { waiting: 0, oldest: 0 }
}

/** The mails that wait to be sent to an address, whoever has it. */
export async function waitingByAddress(
  db: Executor,
  tenantId: QueuedMail['tenantId'],
): Promise<Pick<QueuedMail, 'id' | 'address' | 'dataKeyVersion'>[]> {
  return db
    .selectFrom('iam.mail')
    .select(['id', 'address', 'data_key_version as dataKeyVersion'])
    .where('tenant_id', '=', tenantId)
    .where('address', 'is not', null)
    .$castTo<Pick<QueuedMail, 'id' | 'address' | 'dataKeyVersion'>>()
    .execute()
}

/** Deletes the mails about a person, and some others. */
export async function deleteMails(
  db: Executor,
  { tenantId, userId, ids }: { tenantId: string; userId: string; ids: readonly string[] },
): Promise<void> {
  await db
    .deleteFrom('iam.mail')
    .where('tenant_id', '=', tenantId)
    .where((mail) => mail.or([mail('user_id', '=', userId), mail('id', 'in', [...ids, ''])]))
    .execute()
}

/** Deletes mails of all tenants that ended a week ago and more. @returns how many went. */
export async function deleteOldMails(db: Executor): Promise<number> {
  const deleted = await sql`
    delete from iam.mail where coalesce(sent_at, given_up_at) < iam.now() - interval '7 days'`.execute(db)
  return Number(deleted.numAffectedRows ?? 0n)
}
