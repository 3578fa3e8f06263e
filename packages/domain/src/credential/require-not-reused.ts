import { checkPassword, type CheckDeps } from './check-password.ts'
import type { StoredPassword } from './passwords.ts'
import { refusePassword } from './refuse-password.ts'

/**
 * Refuses a password that fits one of the given hashes. Each costs a hash, and each waits for its own turn, so
 * that a person who changes a password does not hold up the logins of others for as long as all of them take.
 * @throws Refusal `password_unacceptable` with reason `reused`; `login_busy`.
 */
export async function requireNotReused(
  deps: CheckDeps,
  input: {
    readonly tenantId: string
    readonly password: string
    readonly hashes: readonly StoredPassword[]
    readonly policy: { readonly passwordMinLength: number }
  },
): Promise<void> {
  const { tenantId, password } = input
  for (const stored of input.hashes) {
    const release = await deps.passwords.admission.enter(tenantId)
    try {
      if (await checkPassword(deps, { tenantId, stored, password })) {
        throw refusePassword('reused', input.policy.passwordMinLength)
      }
    } finally {
      release()
    }
  }
}
