export { localeFrom, locales, type Locale, type MailTemplate, type QueuedMail } from './mail.ts'
export { openAddress } from './open-address.ts'
export { queueMail, type QueueMail } from './queue-mail.ts'
export { claimMails, countWaitingMails, deleteOldMails, giveUpMail, markSent } from './queries.ts'
