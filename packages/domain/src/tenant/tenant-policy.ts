/** What a tenant decides for itself. Stored as the differences from the defaults, so that defaults can improve. */
export interface TenantPolicy {
  /** Whether strangers may make themselves an account. */
  readonly selfRegistration: boolean
  /**
   * In Unicode code points. 15, because a password is the only factor; never below 8, and never above the 64 that
   * must be accepted (NIST SP 800-63B-4 3.1.1.2).
   */
  readonly passwordMinLength: number
  /** How many of a person's last passwords, the present one included, cannot be chosen again; 0 for none. */
  readonly passwordHistory: number
  /**
   * Whether a new password is looked for among breached ones, and what happens while that cannot be told:
   * `open` lets it pass, `closed` refuses it for now.
   */
  readonly breachCheck: 'off' | 'open' | 'closed'
  /** From login to the session's end, whatever happens in between. */
  readonly sessionSeconds: number
  /** How long a session lasts without being used: a minute at least. A client may have less. */
  readonly sessionIdleSeconds: number
  /** Sessions of one person at a time: one more ends the oldest. */
  readonly maxSessions: number
}

export const defaultTenantPolicy: TenantPolicy = {
  selfRegistration: true,
  passwordMinLength: 15,
  passwordHistory: 5,
  breachCheck: 'open',
  sessionSeconds: 28_800,
  sessionIdleSeconds: 3_600,
  maxSessions: 20,
}

/** A stored policy with the defaults filled in. Members it does not know, written by a newer release, are left out. */
export function readTenantPolicy(stored: unknown): TenantPolicy {
  const given = (stored ?? {}) as Partial<TenantPolicy>
  return {
    selfRegistration: given.selfRegistration ?? defaultTenantPolicy.selfRegistration,
    passwordMinLength: within(given.passwordMinLength ?? defaultTenantPolicy.passwordMinLength, 8, 64),
    passwordHistory: within(given.passwordHistory ?? defaultTenantPolicy.passwordHistory, 0, 24),
    breachCheck: given.breachCheck ?? defaultTenantPolicy.breachCheck,
    sessionSeconds: given.sessionSeconds ?? defaultTenantPolicy.sessionSeconds,
    sessionIdleSeconds: Math.max(60, given.sessionIdleSeconds ?? defaultTenantPolicy.sessionIdleSeconds),
    maxSessions: within(given.maxSessions ?? defaultTenantPolicy.maxSessions, 1, 200),
  }
}

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
