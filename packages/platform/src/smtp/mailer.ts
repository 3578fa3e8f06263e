/** A mail, written. */
export interface Letter {
  /** The same each time that this one is sent, so that a mail program shows it once. */
  readonly id: string
  /** One address. */
  readonly to: string
  /** Whom it says it is from. */
  readonly sender: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** BCP 47. */
  readonly language: string
}

/** The mail server cannot be talked to at all: it would take no other mail either. */
export class MailServerAwayError extends Error {
  override readonly name = 'MailServerAwayError'
}

/** Hands mails to a mail server. */
export interface Mailer {
  /** Resolves when the server took it. @throws MailServerAwayError */
  send(letter: Letter): Promise<void>
  close(): void
}
