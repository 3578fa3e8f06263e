import { ensureAuditPartitions } from '@iam/domain/audit'
import { deleteOldChallenges } from '@iam/domain/challenge'
import type { Db } from '@iam/domain/db'
import { deleteOldKeys } from '@iam/domain/idempotency-key'
import { deleteOldReceived } from '@iam/domain/inbox'
import { deleteOldOrigins } from '@iam/domain/login-attempt'
import { deleteOldMagicLinks } from '@iam/domain/magic-link'
import { deleteOldMails } from '@iam/domain/mail'
import { deleteOldCodes } from '@iam/domain/one-time-code'
import { deleteSent } from '@iam/domain/outbox'
import { deleteOldLogins } from '@iam/domain/risk'
import { deleteOldReuses, deleteOldRevocations, deleteOldSessions } from '@iam/domain/session'

const batch = 5_000
const monthsAhead = 3

/**
 * Keeps the database in shape: audit partitions made ahead; relayed and received events, sessions and devices of long ago, old
 * revocations, mails, codes, links, challenges and Idempotency-Keys deleted. Safe to run twice.
 */
export async function tidy(
  { db }: { db: Pick<Db, 'kysely'> },
  { keepFor }: { keepFor: number },
): Promise<void> {
  await ensureAuditPartitions(db.kysely, monthsAhead)
  await deleteOldRevocations(db.kysely)
  await deleteOldCodes(db.kysely)
  await deleteOldChallenges(db.kysely)
  await deleteOldMagicLinks(db.kysely)
  await deleteOldMails(db.kysely)
  await deleteOldLogins(db.kysely)
  await deleteOldKeys(db.kysely)
  await inBatches((limit) => deleteOldReceived(db.kysely, { limit }))
  await inBatches((limit) => deleteOldReuses(db.kysely, { limit }))
  await inBatches((limit) => deleteOldSessions(db.kysely, { limit }))
  await inBatches((limit) => deleteOldOrigins(db.kysely, { limit }))
  await inBatches((limit) => deleteSent(db.kysely, { keepFor, limit }))
}

/** So that no transaction is long, whatever has piled up. */
async function inBatches(deleteSome: (limit: number) => Promise<number>): Promise<void> {
  let deleted = batch
  while (deleted === batch) deleted = await deleteSome(batch)
}
