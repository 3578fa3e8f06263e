import { composeMail, type ComposeDeps, type ComposedMail } from '@iam/domain/account'
import { claimMails, giveUpMail, isMailable, markSent, type QueuedMail } from '@iam/domain/mail'
import type { Logger } from '@iam/platform/logging'
import type { WorkMetrics } from '@iam/platform/metrics'
import { MailServerAwayError, type Mailer } from '@iam/platform/smtp'
import { writeMail } from './write-mail.ts'

export type SendDeps = ComposeDeps & {
  readonly mailer: Mailer
  readonly log: Pick<Logger, 'warn'>
  readonly metrics?: Pick<WorkMetrics, 'mail'>
  /** Once it says so, no other mail is begun: the process is to end. */
  readonly isStopping?: () => boolean
}

/** Tries, which is a day and more: a mail that comes later confuses more than it helps. */
const mostAttempts = 30

/**
 * Sends what is due, one after the other: each is claimed when its turn comes, so that a slow server keeps none
 * claimed for longer than another worker leaves it alone. One that fails is tried again later, and holds no other
 * back; while the server is away no other is tried. Cut off between sending and saying so, the next run sends it
 * again, with the same words.
 */
export async function sendDueMails(deps: SendDeps): Promise<void> {
  let goesOn = true
  while (goesOn && deps.isStopping?.() !== true) {
    const [mail] = await claimMails(deps.db.kysely, 1)
    goesOn = mail !== undefined && (await trySending(deps, mail))
  }
}

/** @returns whether others are worth trying. */
async function trySending(deps: SendDeps, mail: QueuedMail): Promise<boolean> {
  const { kysely } = deps.db
  try {
    const composed = await composeMail(deps, mail)
    if (composed === undefined) await giveUpMail(kysely, mail, 'nothing to say any more')
    else if (!isMailable(composed.to)) await giveUpMail(kysely, mail, 'no address that can be mailed')
    else await send(deps, mail, composed)
    return true
  } catch (err) {
    deps.metrics?.mail('failed')
    deps.log.warn({ err, mail_id: mail.id, attempts: mail.attempts }, 'A mail could not be sent')
    if (mail.attempts >= mostAttempts) await giveUpMail(kysely, mail, 'tried too often')
    return !(err instanceof MailServerAwayError)
  }
}

async function send(deps: SendDeps, mail: QueuedMail, composed: ComposedMail): Promise<void> {
  const { to, tenantName, locale } = composed
  await deps.mailer.send({ id: mail.id, to, sender: tenantName, language: locale, ...writeMail(composed) })
  deps.metrics?.mail('sent')
  await markSent(deps.db.kysely, mail)
}
