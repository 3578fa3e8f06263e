export { smtpServer } from './catch-mail.ts'
export { type CaughtMail, Mailbox } from './mailbox.ts'
export { mailServer } from './show-mail.ts'
