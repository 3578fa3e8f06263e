import type { PasswordFault } from '@iam/domain/credential'
import type { DataExportWords } from './data-export-words.ts'
import type { FactorWords, Step } from './factor-words.ts'

/** What can be wrong with a form, as the person who filled it in is told. */
export type FaultName =
  | 'email_missing'
  | 'email_malformed'
  | 'password_missing'
  | 'password_wrong'
  | 'code_malformed'
  | 'totp_malformed'
  | 'recovery_malformed'
  | 'factor_wrong'
  | 'factor_required'
  | 'factors_full'
  | 'setup_expired'
  | 'code_wrong'
  | 'number_malformed'
  | 'number_wrong'
  | 'links_off'
  | 'link_dead'
  | 'login_wrong'
  | 'user_suspended'
  | 'location_not_allowed'
  | 'login_refused'
  | 'password_breached'
  | 'passwords_off'
  | 'domain_not_allowed'
  | 'registration_closed'
  | 'factors_off'
  | 'factor_first'
  | 'factor_gone'
  | 'passkey_wrong'
  | 'passkey_late'
  | 'passkey_refused'
  | 'passkeys_full'
  | 'name_malformed'
  | 'organisation_unknown'
  | 'form_stale'
  | 'cookies_blocked'
  | 'unavailable'

/** What just happened, said at the top of the next page. */
export type NoticeName =
  | 'verified'
  | 'verification_sent'
  | 'reset_sent'
  | 'password_reset'
  | 'password_changed'
  | 'email_requested'
  | 'email_confirmed'
  | 'email_undone'
  | 'session_ended'
  | 'others_ended'
  | 'device_removed'
  | 'session_named'
  | 'name_removed'
  | 'signed_out'
  | 'signed_out_everywhere'
  | 'sign_in_first'
  | 'sign_in_again'
  | 'factor_added'
  | 'factor_removed'

/** Why a whole page cannot be shown. */
export type ErrorName =
  | 'not_found'
  | 'tenant_unknown'
  | 'tenant_suspended'
  | 'wrong_region'
  | 'too_much'
  | 'broken'

interface Naming {
  readonly open: string
  readonly label: string
  readonly hint: string
  readonly submit: string
}

/** A language: every word that the pages say. */
export interface Words extends FactorWords, DataExportWords {
  /** The language's own name. */
  readonly name: string
  readonly direction: 'ltr' | 'rtl'
  readonly chooseLanguage: string
  readonly skip: string
  readonly errorPrefix: string
  readonly fields: {
    readonly email: string
    readonly newEmail: string
    readonly password: string
    readonly currentPassword: string
    readonly newPassword: string
    readonly code: string
    readonly totp: string
    readonly recoveryCode: string
  }
  readonly hints: {
    readonly password: (least: number) => string
    readonly code: string
  }
  /** The links to see the passwords that one types, and to see them no more. */
  readonly showPasswords: { readonly show: string; readonly hide: string }
  readonly root: {
    readonly title: string
    readonly lead: string
    readonly label: string
    readonly hint: string
    readonly submit: string
    /** Above the organisations that the browser knows. */
    readonly before: string
  }
  readonly signIn: Step & { readonly forgotten: string; readonly stranger: string; readonly register: string }
  /** Before something that wants a recent login. */
  readonly signInAgain: { readonly title: string; readonly lead: string }
  readonly register: Step & { readonly known: string; readonly closed: string }
  readonly verifyLink: Step
  readonly verifyCode: Step & {
    readonly leadTo: (email: string) => string
    readonly again: string
    readonly resend: string
  }
  /** Signing in by a mailed link: asking for it, waiting for it, its code, and what the link shows. */
  readonly mailLink: Step
  readonly linkWaiting: {
    readonly title: string
    readonly lead: string
    readonly elsewhere: string
    readonly code: string
    readonly again: string
    readonly resend: string
  }
  readonly linkGoOn: Step
  readonly linkCode: Step & { readonly back: string }
  readonly linkOwn: Step
  readonly linkElsewhere: Step & { readonly number: string; readonly hint: string; readonly warning: string }
  readonly linkApproved: { readonly title: string; readonly lead: string }
  readonly forgotten: Step & { readonly back: string }
  readonly sent: { readonly title: string; readonly lead: string }
  readonly reset: Step
  readonly deadLink: { readonly title: string; readonly lead: string; readonly again: string }
  readonly confirmEmail: Step
  readonly undoEmail: Step
  readonly account: {
    readonly title: string
    readonly profile: string
    readonly email: string
    readonly verified: string
    readonly unverified: string
    readonly verify: string
    readonly since: string
    readonly password: string
    readonly change: string
    readonly hidden: string
    readonly sessions: string
    readonly sessionsLead: string
    readonly thisSession: string
    readonly lastSeen: (when: string) => string
    readonly unknownDevice: string
    readonly device: (browser: string, system: string) => string
    readonly naming: Naming
    readonly end: string
    readonly endOthers: string
    readonly signOut: string
    readonly signOutEverywhere: string
    readonly back: string
    /** Devices that apps have registered by a key. */
    readonly devices: {
      readonly title: string
      readonly lead: string
      readonly trusted: string
      readonly remove: string
    }
  }
  readonly changePassword: Step
  readonly changeEmail: Step
  readonly signedOut: { readonly title: string; readonly again: string }
  readonly notices: Readonly<Record<NoticeName, string>>
  readonly faults: Readonly<Record<FaultName, string>>
  readonly passwordFaults: Readonly<Record<PasswordFault, (least: number) => string>>
  /** When to try again, after being too quick or finding too many others. */
  readonly tooOften: (seconds: number) => string
  readonly busy: (seconds: number) => string
  readonly errors: Readonly<Record<ErrorName, { readonly title: string; readonly lead: string }>>
  /** The ways on from a page that says what went wrong. */
  readonly waysOn: { readonly home: string; readonly organisation: string; readonly retry: string }
  readonly reference: (requestId: string) => string
}
