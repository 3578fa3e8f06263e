import type { PasswordReport } from '@iam/domain/credential'
import type { Logger } from '@iam/platform/logging'

const sentences: Record<PasswordReport['what'], string> = {
  pepper_unknown: 'A password cannot be checked: its pepper is not loaded',
  hash_unreadable: 'A password cannot be checked: its hash cannot be read',
  breach_check_failed: 'Whether a password is known from a breach could not be told',
  rehash_failed: 'A password could not be hashed anew; the next login tries again',
  rehash_outrun: 'A password was changed while it was being hashed anew',
  breached: 'A password was found among breached ones after a login; the person is told',
  rehashed: 'A password was hashed anew with the present parameters',
}

/** Logs what happens around passwords: an error where somebody cannot log in, a warning where something is away. */
export function logPasswordReport(log: Logger, { what, tenantId, ...more }: PasswordReport): void {
  const level =
    what === 'pepper_unknown' || what === 'hash_unreadable'
      ? 'error'
      : what.endsWith('failed')
        ? 'warn'
        : 'debug'
  const error = 'error' in more ? { err: more.error } : {}
  const version = 'pepperVersion' in more ? { pepper_version: more.pepperVersion } : {}
  log[level]({ password_event: what, tenant_id: tenantId, ...error, ...version }, sentences[what])
}
