/** What a tenant decides for itself. Stored as the differences from the defaults, so that defaults can improve. */
export interface TenantPolicy {
  /** Whether strangers may make themselves an account. */
  readonly selfRegistration: boolean
  /** In Unicode code points. 15, because a password is the only factor (NIST SP 800-63B-4 3.1.1.2). */
  readonly passwordMinLength: number
  /** From login to the session's end, whatever happens in between. */
  readonly sessionSeconds: number
}

export const defaultTenantPolicy: TenantPolicy = {
  selfRegistration: true,
  passwordMinLength: 15,
  sessionSeconds: 28_800,
}

/** A stored policy with the defaults filled in. Members it does not know, written by a newer release, are left out. */
export function readTenantPolicy(stored: unknown): TenantPolicy {
  const given = (stored ?? {}) as Partial<TenantPolicy>
  return {
    selfRegistration: given.selfRegistration ?? defaultTenantPolicy.selfRegistration,
    passwordMinLength: given.passwordMinLength ?? defaultTenantPolicy.passwordMinLength,
    sessionSeconds: given.sessionSeconds ?? defaultTenantPolicy.sessionSeconds,
  }
}
