/** Between which numbers a tenant decides. */
export const policyBounds = {
  passwordMinLength: { minimum: 8, maximum: 64 },
  passwordHistory: { minimum: 0, maximum: 24 },
  sessionSeconds: { minimum: 300, maximum: 86_400 },
  sessionIdleSeconds: { minimum: 60, maximum: 86_400 },
  maxSessions: { minimum: 1, maximum: 200 },
  trustedDeviceDays: { minimum: 0, maximum: 90 },
  riskChallengeAt: { minimum: 1, maximum: 100 },
  riskRefuseAt: { minimum: 1, maximum: 100 },
} as const

/** What a tenant decides for itself. Stored as the differences from the defaults, so that defaults can improve. */
export interface TenantPolicy {
  /** Whether strangers may make themselves an account. */
  readonly selfRegistration: boolean
  /**
   * The domains whose addresses strangers may register with and people may change theirs to, in ASCII and lower case;
   * none for any domain. Whom an administrator invites may come from anywhere.
   */
  readonly allowedDomains: readonly string[]
  /**
   * Whether passwords log in. Where they do not, people come by an identity provider: a right one is answered like a
   * wrong one, none can be set, and no mail offers one.
   */
  readonly passwordLogin: boolean
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
  /**
   * What a password opens that was found among breached ones after it was chosen: `tell` tells the person by mail and
   * goes on letting it in, `replace` lets nobody in by it any more. It is then replaced by a mailed link.
   */
  readonly breachedPasswords: 'tell' | 'replace'
  /**
   * Whether people's confirmed addresses are looked for in breaches of other services. Off unless the tenant decides
   * otherwise: it tells another service about them.
   */
  readonly breachAudit: boolean
  /** From login to the session's end, whatever happens in between. */
  readonly sessionSeconds: number
  /** How long a session lasts without being used: a minute at least. A client may have less. */
  readonly sessionIdleSeconds: number
  /** Sessions of one person at a time: one more ends the oldest. */
  readonly maxSessions: number
  /**
   * Who is asked for a second factor at a login: nobody; those who have one; everybody, so that who has none adds one
   * first; or those whose login looks unusual.
   */
  readonly mfa: 'off' | 'optional' | 'required' | 'risk'
  /**
   * Whether a mailed link or code logs in. NIST SP 800-63B-4 3.1.3.1 takes mail for no authenticator: a tenant that
   * turns this on accepts that whoever reads somebody's mail is let in as them, short of their second factor.
   */
  readonly magicLinks: boolean
  /** How long a browser that its person trusts is asked for no second factor; 0 for never. */
  readonly trustedDeviceDays: number
  /** The risk, of 100, from which a login has to be proved by a second factor, where factors are asked for by risk. */
  readonly riskChallengeAt: number
  /** The risk, of 100, from which a login is refused, where factors are asked for by risk or always. */
  readonly riskRefuseAt: number
  /**
   * The countries (ISO 3166-1, two capitals) that people may log in from; none for any. One that cannot be told is
   * none of them.
   */
  readonly allowedCountries: readonly string[]
  /** Whether people may come by exits of the Tor network. */
  readonly allowTor: boolean
  /**
   * Whether a passkey must make sure of its person when it is a second factor. One that logs in by itself always must:
   * it is both factors at once.
   */
  readonly userVerification: 'required' | 'preferred'
  /**
   * The host that passkeys are made for; null for the issuer's. They are bound to it for good, so it cannot be another
   * once the tenant has any.
   */
  readonly rpId: string | null
  /** Pages besides the issuer's that may ask for the tenant's passkeys, as browsers spell origins. */
  readonly webauthnOrigins: readonly string[]
}

export const defaultTenantPolicy: TenantPolicy = {
  selfRegistration: true,
  allowedDomains: [],
  passwordLogin: true,
  passwordMinLength: 15,
  passwordHistory: 5,
  breachCheck: 'open',
  breachedPasswords: 'tell',
  breachAudit: false,
  sessionSeconds: 28_800,
  sessionIdleSeconds: 3_600,
  maxSessions: 20,
  mfa: 'optional',
  magicLinks: false,
  trustedDeviceDays: 30,
  riskChallengeAt: 40,
  riskRefuseAt: 90,
  allowedCountries: [],
  allowTor: false,
  userVerification: 'required',
  rpId: null,
  webauthnOrigins: [],
}

/** A stored policy with the defaults filled in. Members it does not know, written by a newer release, are left out. */
export function readTenantPolicy(stored: unknown): TenantPolicy {
  const given: TenantPolicy = { ...defaultTenantPolicy, ...(stored as Partial<TenantPolicy> | null) }
  const {
    selfRegistration,
    allowedDomains,
    passwordLogin,
    breachCheck,
    breachedPasswords,
    breachAudit,
    mfa,
  } = given
  const { magicLinks, allowedCountries, allowTor } = given
  const { userVerification, rpId, webauthnOrigins } = given
  return {
    selfRegistration,
    allowedDomains,
    passwordLogin,
    passwordMinLength: within('passwordMinLength', given),
    passwordHistory: within('passwordHistory', given),
    breachCheck,
    breachedPasswords,
    breachAudit,
    sessionSeconds: within('sessionSeconds', given),
    sessionIdleSeconds: within('sessionIdleSeconds', given),
    maxSessions: within('maxSessions', given),
    mfa,
    magicLinks,
    trustedDeviceDays: within('trustedDeviceDays', given),
    riskChallengeAt: within('riskChallengeAt', given),
    riskRefuseAt: within('riskRefuseAt', given),
    allowedCountries,
    allowTor,
    userVerification,
    rpId,
    webauthnOrigins,
  }
}

function within(name: keyof typeof policyBounds, { [name]: value }: TenantPolicy): number {
  const { minimum, maximum } = policyBounds[name]
  return Math.min(maximum, Math.max(minimum, value))
}
