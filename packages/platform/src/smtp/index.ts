export { MailServerAwayError, type Letter, type Mailer } from './mailer.ts'
export { smtpMailer, type SmtpOptions } from './smtp-mailer.ts'
