import { createTransport } from 'nodemailer'
import type { Letter, Mailer } from './mailer.ts'

export interface SmtpOptions {
  /** smtp:// or smtps:// with host, port and, where there are any, user and password. */
  readonly url: string
  /** The sender's address. */
  readonly from: string
}

/** Milliseconds: a mail server that hangs must hold nothing else back. */
const patience = {
  connectionTimeout: 5_000,
  greetingTimeout: 5_000,
  socketTimeout: 15_000,
  dnsTimeout: 5_000,
}

/** Sends over SMTP (RFC 5321), over one connection at a time that is kept while there is something to send. */
export function smtpMailer({ url, from }: SmtpOptions): Mailer {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: 1,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...patience,
  })
  return {
    async send(letter: Letter): Promise<void> {
      const { id, to, sender, subject, text, html, language } = letter
      await transport.sendMail({
        messageId: `<${id}@${from.slice(from.indexOf('@') + 1)}>`,
        // Objects, never text: an address is not to be read as several, or as a header.
        from: { name: sender, address: from },
        to: { name: '', address: to },
        envelope: { from, to: [to] },
        subject,
        text,
        html,
        headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
      })
    },
    close: () => transport.close(),
  }
}
