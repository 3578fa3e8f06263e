import type { Transporter } from 'nodemailer'
import { within } from '../lifecycle/within.ts'
import { MailServerAwayError, type Letter, type Mailer } from './mailer.ts'

export interface SmtpOptions {
  /** smtp:// or smtps:// with host, port and, where there are any, user and password. */
  readonly url: string
  /** The sender's address. */
  readonly from: string
  /** Milliseconds that one mail may take, however slowly the server answers. */
  readonly sendWithin?: number
}

/** Milliseconds: a mail server that hangs must hold nothing else back. */
const patience = {
  connectionTimeout: 5_000,
  greetingTimeout: 5_000,
  socketTimeout: 15_000,
  dnsTimeout: 5_000,
}

/** What goes wrong before a mail is talked of: nodemailer's codes. */
const away = new Set([
  'ECONNECTION',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'ESOCKET',
  'EDNS',
  'ETLS',
  'EAUTH',
])

/** What would end an address or a line of SMTP; the library would leave it out and mail somebody else. */
const endsCommand = /[\s<>\p{Cc}]/u

/** Sends over SMTP (RFC 5321), over one connection at a time that is kept while there is something to send. */
export function smtpMailer({ url, from, sendWithin = 20_000 }: SmtpOptions): Mailer {
  let transport: Promise<Transporter> | undefined
  return {
    async send(letter: Letter): Promise<void> {
      const { id, to, sender, subject, text, html, language } = letter
      if (endsCommand.test(to)) throw new Error('A recipient is no address.')
      transport ??= openTransport(url)
      const sent = (await transport).sendMail({
        messageId: `<${id}@${from.slice(from.indexOf('@') + 1)}>`,
        // Objects, never text, in the envelope too: an address is not to be read as several, or as a header.
        from: { name: sender, address: from },
        to: { name: '', address: to },
        envelope: { from, to: [{ name: '', address: to }] },
        subject,
        text,
        html,
        headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
      })
      await within(sendWithin, sent).catch(asAway)
    },
    close: () => void transport?.then((open) => open.close()),
  }
}

/** With the first mail: nodemailer is a fifth of what iam-worker would load to start. */
async function openTransport(url: string): Promise<Transporter> {
  const { createTransport } = await import('nodemailer')
  return createTransport({
    url,
    pool: true,
    maxConnections: 1,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...patience,
  })
}

function asAway(error: unknown): never {
  if (!away.has(String((error as { code?: unknown }).code))) throw error
  throw new MailServerAwayError('The mail server cannot be talked to.', { cause: error })
}
