/** What challenges are for, and how long each can be answered, in seconds. */
export const challengeKinds = {
  /** A login whose first factor was right. */
  second_factor: 600,
  /** A login that must add a factor before it goes on. */
  factor_enrol: 600,
  /** An open session that wants to do more than its login allows. */
  step_up: 300,
  /** A passkey that logs in by itself: nobody is named yet. */
  passkey_login: 300,
  /** A passkey that is about to be added. */
  passkey_enrol: 300,
  /** A device that shows that it holds its key. */
  device_proof: 300,
} as const

export type ChallengeKind = keyof typeof challengeKinds
