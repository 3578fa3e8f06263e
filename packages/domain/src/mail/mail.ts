import type { Id } from '../kit/index.ts'

/** Everything that is mailed. What each says stands with its words, in iam-worker. */
export type MailTemplate =
  | 'registration'
  | 'invitation'
  | 'verify_email'
  | 'reset_password'
  | 'magic_link'
  | 'login_code'
  | 'password_changed'
  | 'password_breached'
  | 'breach_found'
  | 'change_email'
  | 'email_changed'
  | 'new_device'
  | 'session_stolen'
  | 'account_locked'
  | 'account_unlocked'
  | 'account_suspended'
  | 'account_reactivated'
  | 'factor_added'
  | 'factor_removed'
  | 'factor_disabled'
  | 'passkey_copied'
  | 'recovery_code_used'
  | 'recovery_codes_renewed'
  | 'device_added'
  | 'device_trusted'
  | 'device_removed'
  | 'data_export'

/** The languages that mails and pages are written in. */
export const locales = ['en', 'fr', 'ar'] as const
export type Locale = (typeof locales)[number]

/** The first of a person's languages (RFC 9110 12.5.4) that we write in; English if there is none. */
export function localeFrom(acceptLanguage: string | undefined): Locale {
  const wanted = (acceptLanguage ?? '').split(',').map((item) => {
    const [tag = '', ...parameters] = item.trim().split(';')
    const quality = parameters.find((parameter) => parameter.trim().startsWith('q='))
    return { language: tag.split('-')[0]?.toLowerCase(), quality: Number(quality?.trim().slice(2) ?? 1) }
  })
  const sorted = wanted.filter(({ quality }) => quality > 0).toSorted((a, b) => b.quality - a.quality)
  return sorted.map(({ language }) => locales.find((locale) => locale === language)).find(Boolean) ?? 'en'
}

/** A mail that waits to be sent. */
export interface QueuedMail {
  readonly tenantId: Id<'ten'>
  readonly id: Id<'mail'>
  readonly template: MailTemplate
  /** Whom it is about, where that is known. */
  readonly userId: Id<'usr'> | null
  /** Where it goes, sealed; none for the user's own address at the time of sending. */
  readonly address: Buffer | null
  readonly dataKeyVersion: number | null
  /** The language of whoever asked; a user's own goes before it. */
  readonly locale: string
  /** Facts for the words. No personal values and no secrets. */
  readonly params: Readonly<Record<string, string>>
  readonly createdAt: Date
  /** How often sending was begun, this time included. */
  readonly attempts: number
}
