import type { MailTemplate } from '../mail/index.ts'
import type { User } from '../user/index.ts'

/** A mail to somebody of a tenant where nobody has a password: what it says, and where its button leads. */
export interface Elsewhere {
  readonly to: string
  readonly letter:
    | 'invitation_elsewhere'
    | 'sign_in_elsewhere'
    | 'new_device_elsewhere'
    | 'account_locked_elsewhere'
  readonly page?: string
}

interface Asked {
  readonly template: MailTemplate
  readonly params: Readonly<Record<string, string>>
  readonly user: User | undefined
  readonly address: string | undefined
}

/**
 * What is said in place of what offers a password, where people only come by an identity provider (`passwordLogin`
 * is false). Whoever asks for a new password gets the same words whether or not there is an account.
 * @returns `as_usual` for what offers none; undefined for what has been overtaken.
 */
export function sayElsewhere({ template, params, user, address }: Asked): Elsewhere | 'as_usual' | undefined {
  const active = user?.status === 'active' ? user.email : undefined
  switch (template) {
    case 'invitation':
      return active === undefined
        ? undefined
        : { to: active, letter: 'invitation_elsewhere', page: 'sign-in' }
    case 'reset_password': {
      const to = address ?? active
      return to === undefined ? undefined : { to, letter: 'sign_in_elsewhere', page: 'sign-in' }
    }
    case 'new_device':
      return active === undefined
        ? undefined
        : { to: active, letter: 'new_device_elsewhere', page: 'account' }
    case 'account_locked':
      return params['by'] !== 'administrator' || user === undefined || user.status === 'erased'
        ? undefined
        : { to: user.email, letter: 'account_locked_elsewhere' }
    // Who registers with a password, or changes one, did so before the tenant took passwords away.
    case 'password_changed':
    case 'password_breached':
      return undefined
    default:
      return 'as_usual'
  }
}
