import type { Locale, MailTemplate } from '../mail/index.ts'
import type { Elsewhere } from './say-elsewhere.ts'

/** The kinds of mail, by what they say: a template's own name, or what its person is to be told instead. */
export type Letter =
  | Exclude<MailTemplate, 'registration'>
  | 'already_registered'
  | 'no_account'
  | 'magic_link_no_account'
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
