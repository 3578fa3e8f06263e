import { composeMail, type ComposeDeps } from '@iam/domain/account'
import { claimMails, giveUpMail, markSent, type QueuedMail } from '@iam/domain/mail'
import type { Logger } from '@iam/platform/logging'
import type { Mailer } from '@iam/platform/smtp'
import { writeMail } from './write-mail.ts'

export type SendDeps = ComposeDeps & { readonly mailer: Mailer; readonly log: Pick<Logger, 'warn'> }

const batch = 20
/** Tries, which is a day and more: a mail that comes later confuses more than it helps. */
const mostAttempts = 30

/**
 * Sends what is due, and goes on while there is more. One that fails is tried again later, and holds no other
 * back. Cut off between sending and saying so, the next run sends it again, with the same words.
 */
export async function sendDueMails(deps: SendDeps): Promise<void> {
  let claimed = batch
  while (claimed === batch) {
    const mails = await claimMails(deps.db.kysely, batch)
    for (const mail of mails) await trySending(deps, mail)
    claimed = mails.length
  }
}

async function trySending(deps: SendDeps, mail: QueuedMail): Promise<void> {
  const { kysely } = deps.db
  try {
    const composed = await composeMail(deps, mail)
    if (composed === undefined) return await giveUpMail(kysely, mail, 'nothing to say any more')
    const { to, tenantName, locale } = composed
    await deps.mailer.send({ id: mail.id, to, sender: tenantName, language: locale, ...writeMail(composed) })
    await markSent(kysely, mail)
  } catch (err) {
    deps.log.warn({ err, mail_id: mail.id, attempts: mail.attempts }, 'A mail could not be sent')
    if (mail.attempts >= mostAttempts) await giveUpMail(kysely, mail, 'tried too often')
  }
}
