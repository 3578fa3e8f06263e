import type { Locale } from '../mail/index.ts'
import type { Elsewhere } from './say-elsewhere.ts'

/** The kinds of mail, by what they say. */
export type Letter =
  | 'verify_email'
  | 'invitation'
  | 'already_registered'
  | 'reset_password'
  | 'no_account'
  | 'magic_link'
  | 'magic_link_no_account'
  | 'login_code'
  | 'password_changed'
  | 'password_breached'
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
  | Elsewhere['letter']

/** A mail whose words only wait to be put in. */
export interface ComposedMail {
  readonly to: string
  readonly locale: Locale
  readonly letter: Letter
  readonly tenantName: string
  /** Where its button leads. */
  readonly link: string | undefined
  /** What can be typed instead. */
  readonly digits: string | undefined
  /** How many minutes link and digits live. */
  readonly minutes: number | undefined
  readonly params: Readonly<Record<string, string>>
}
