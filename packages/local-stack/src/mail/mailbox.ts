import { randomBytes } from 'node:crypto'
import PostalMime from 'postal-mime'

/** A message that was caught, as it would show in a mail program. */
export interface CaughtMail {
  id: string
  /** ISO 8601. */
  receivedAt: string
  /** Who the SMTP client said it is from and for, which is what a mail server goes by. */
  envelope: { from: string; to: string[] }
  from: string
  to: string[]
  subject: string
  text: string | undefined
  html: string | undefined
  headers: { name: string; value: string }[]
  attachments: { name: string; type: string; bytes: number }[]
}

const kept = 500

/** The last 500 messages, in memory, the newest first. */
export class Mailbox {
  #messages: CaughtMail[] = []

  /** Reads a message in the form in which it travelled and keeps it. */
  async add(raw: Buffer, envelope: CaughtMail['envelope']): Promise<CaughtMail> {
    const mail = await readMail(raw, envelope)
    this.#messages = [mail, ...this.#messages].slice(0, kept)
    return mail
  }

  /** All of them, or those for one recipient, whose case does not matter. */
  list(to?: string): readonly CaughtMail[] {
    const wanted = to?.toLowerCase()
    if (wanted === undefined) return this.#messages
    return this.#messages.filter(({ envelope }) => envelope.to.some((each) => each.toLowerCase() === wanted))
  }

  find(id: string): CaughtMail | undefined {
    return this.#messages.find((mail) => mail.id === id)
  }

  clear(): void {
    this.#messages = []
  }
}

async function readMail(raw: Buffer, envelope: CaughtMail['envelope']): Promise<CaughtMail> {
  const email = await PostalMime.parse(raw)
  return {
    id: randomBytes(8).toString('hex'),
    receivedAt: new Date().toISOString(),
    envelope,
    from: email.from?.address ?? '',
    to: (email.to ?? []).map(({ address }) => address ?? ''),
    subject: email.subject ?? '',
    text: email.text,
    html: email.html,
    headers: email.headers.map(({ key, value }) => ({ name: key, value })),
    attachments: email.attachments.map(({ filename, mimeType, content }) => ({
      name: filename ?? '',
      type: mimeType,
      bytes: typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength,
    })),
  }
}
