import { Refusal } from '../kit/index.ts'

/** @throws Refusal `password_unacceptable` for one shorter than the policy says, counted in code points after NFC. */
export function requireAcceptable(password: string, policy: { readonly passwordMinLength: number }): void {
  const length = [...password.normalize('NFC')].length
  if (length >= policy.passwordMinLength) return
  throw new Refusal('password_unacceptable', {
    detail: `The password needs at least ${policy.passwordMinLength} characters.`,
  })
}
