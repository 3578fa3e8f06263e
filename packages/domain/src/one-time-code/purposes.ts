/** What one-time codes are for, and how long each can be used, in seconds. */
export const oneTimePurposes = {
  /** Confirms an address. NIST SP 800-63B-4 lets a mailed confirmation live for a day. */
  verify_email: 86_400,
  reset_password: 600,
  /** Confirms the new address of a change. */
  change_email: 3_600,
  /** Goes to the old address after a change, for who did not ask for it. */
  undo_email_change: 7 * 86_400,
  /** Chooses the first password. Who was invited may be away for a weekend. */
  invitation: 3 * 86_400,
} as const

export type OneTimePurpose = keyof typeof oneTimePurposes
