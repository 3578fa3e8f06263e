import { sql } from 'kysely'
import { composeMail, type ComposedMail } from '@iam/domain/account'
import { claimMails, giveUpMail, markSent } from '@iam/domain/mail'
import type { World } from './open-world.ts'

/**
 * Does what iam-worker does with the mails that are due, short of sending them.
 * @returns what it would have sent, in the order that it was asked for, which iam-worker need not keep within a
 *   millisecond.
 */
export async function deliverMails(world: World): Promise<ComposedMail[]> {
  const { workerDb: db, clock, secrets, issuer } = world
  const sent: ComposedMail[] = []
  const stored = await sql<{ id: string }>`select id from iam.mail order by xmin::text::bigint, ctid`.execute(
    world.admin,
  )
  const places = new Map(stored.rows.map(({ id }, place) => [id, place]))
  const due = (await claimMails(db.kysely, 100)).toSorted(
    (one, other) =>
      one.createdAt.getTime() - other.createdAt.getTime() ||
      (places.get(one.id) ?? 0) - (places.get(other.id) ?? 0),
  )
  for (const mail of due) {
    const composed = await composeMail({ db, clock, secrets, issuer }, mail)
    if (composed === undefined) await giveUpMail(db.kysely, mail, 'nothing to say any more')
    else sent.push(composed)
    await markSent(db.kysely, mail)
  }
  return sent
}

/** The token of a mail's link. */
export function tokenIn(mail: ComposedMail | undefined): string {
  const token = mail?.link === undefined ? null : new URL(mail.link).searchParams.get('token')
  if (token === null) throw new Error('The mail carries no token.')
  return token
}
