/** The secrets that instances hold in memory, unwrapped once, and how each rotates. Times in seconds. */
export const secretPurposes = {
  /** Tags of opaque tokens. A version is readable for the longest token's life, so it is not rotated on a clock. */
  'token-tag': {},
  /** Seals a refresh token's successor for the replay window. Destroyed soon after it stops sealing. */
  'refresh-box': { rotateEvery: 86_400, keepAfter: 600 },
  /** Keyed into every password hash, so that a copy of the database alone cannot be guessed against. */
  pepper: {},
  /** Seals the per-user keys. */
  data: {},
  /** Keys fingerprints of networks and agents, and of addresses nobody is registered under. */
  fingerprint: {},
  /** Draws which kind of hash is checked for an address that nobody has. */
  decoy: {},
  /** Derives the links and codes that are mailed. A version is needed as long as the longest link of it lives. */
  'one-time': { rotateEvery: 30 * 86_400, keepAfter: 8 * 86_400 },
} as const satisfies Record<string, { readonly rotateEvery?: number; readonly keepAfter?: number }>

export type SecretPurpose = keyof typeof secretPurposes
