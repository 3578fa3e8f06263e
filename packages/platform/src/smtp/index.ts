export type { Letter, Mailer } from './mailer.ts'
export { smtpMailer, type SmtpOptions } from './smtp-mailer.ts'
