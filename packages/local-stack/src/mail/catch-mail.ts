import { buffer } from 'node:stream/consumers'
import { callbackify } from 'node:util'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import type { Mailbox } from './mailbox.ts'

const largest = 10 * 1024 * 1024

/** An SMTP server that takes every message, from anyone and for anyone, and delivers it to the mailbox alone. */
export function smtpServer(mailbox: Mailbox): SMTPServer {
  return new SMTPServer({
    banner: 'nothing leaves this machine',
    size: largest,
    rejectOversized: true,
    disabledCommands: ['STARTTLS'],
    // A client may be configured to log in; whatever it says is right.
    authOptional: true,
    allowInsecureAuth: true,
    onAuth: ({ username }, _session, callback) => callback(null, { user: username ?? 'anyone' }),
    onData: callbackify((stream: SMTPServerDataStream, session: SMTPServerSession) =>
      deliver(mailbox, stream, session),
    ),
  })
}

async function deliver(
  mailbox: Mailbox,
  stream: SMTPServerDataStream,
  { envelope }: SMTPServerSession,
): Promise<void> {
  const raw = await buffer(stream)
  await mailbox.add(raw, {
    from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    to: envelope.rcptTo.map(({ address }) => address),
  })
}
