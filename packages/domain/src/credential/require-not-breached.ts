import { Refusal } from '../kit/index.ts'
import { normalisePassword } from './normalise-password.ts'
import type { Passwords } from './passwords.ts'
import { refusePassword } from './refuse-password.ts'

/**
 * Refuses a new password that is known from breaches elsewhere (OWASP ASVS 6.2.12). While that cannot be told, the
 * tenant's policy decides: `open` lets the password pass and reports it.
 * @returns whether it was looked for.
 * @throws Refusal `password_unacceptable` with reason `breached`; `temporarily_unavailable` under `closed`.
 */
export async function requireNotBreached(
  { breached, report }: Pick<Passwords, 'breached' | 'report'>,
  input: {
    readonly tenantId: string
    readonly password: string
    readonly policy: { readonly breachCheck: 'off' | 'open' | 'closed'; readonly passwordMinLength: number }
  },
): Promise<boolean> {
  const { tenantId, policy } = input
  if (policy.breachCheck === 'off' || breached === undefined) return false
  const found = await breached.includes(normalisePassword(input.password)).catch((error: unknown) => {
    report({ what: 'breach_check_failed', tenantId, error })
    if (policy.breachCheck === 'open') return undefined
    throw new Refusal('temporarily_unavailable', {
      detail: 'Whether the password is known from a breach cannot be told now. Try again shortly.',
      retryAfter: 5,
      cause: error,
    })
  })
  if (found === true) throw refusePassword('breached', policy.passwordMinLength)
  return found !== undefined
}
