/** How a secret lives. Times in seconds. */
export interface SecretLife {
  /** How old its version gets before the next takes over, unless a deployment says otherwise. None: it stays. */
  readonly rotateEvery?: number
  /** How long a version is kept for what it made, counted from when the next took over. */
  readonly keepFor: number
  /** Whether rows name the version that they need: it is kept as long as one does, however long that is. */
  readonly isNamed?: true
}

const minutes = 60
const days = 86_400
const year = 365 * days

/**
 * How long the longest lives that a version made: known and trusted browsers, and refresh tokens of native clients, 90
 * days each. A day more, for mails and jobs that are late.
 */
const longest = 91 * days

/**
 * The secrets that instances hold in memory, unwrapped once, how often each is rotated, and when an old version may be
 * destroyed: when nothing is left that it has to read.
 */
export const secretPurposes = {
  /**
   * Tags of opaque tokens: refresh tokens, browsers' cookies, mailed links, challenges. Whatever is spelt again gets a
   * tag of the newest version; the rest has run out after the longest token's life. What opens is stored as a hash, so
   * a leak of this opens nothing, and a year is often enough. A token has one byte for the version.
   */
  'token-tag': { rotateEvery: year, keepFor: longest },
  /** Seals a refresh token's successor for the ten seconds in which it is given out again; ten minutes for late clocks. */
  'refresh-box': { rotateEvery: days, keepFor: 10 * minutes },
  /**
   * Keyed into every password hash, so that a copy of the database alone cannot be guessed against. New and changed
   * passwords get the newest, the others at their next login. Nobody can rehash without the password, so that a version
   * stays for as long as one hash of it, of today or of those that must not be used again, is stored.
   */
  pepper: { rotateEvery: year, keepFor: 10 * minutes, isNamed: true },
  /**
   * Seals the keys of people, which iam-worker seals anew under the next version. What else is sealed by it runs out by
   * itself: addresses of waiting mails within two days, those of one-time codes within eight, what asked for a link
   * within an hour, and where a refresh came from with the tokens.
   */
  data: { rotateEvery: year, keepFor: longest, isNamed: true },
  /**
   * Keys fingerprints of networks and agents, and of addresses nobody is registered under. All versions are tried, and
   * the newest marks what is seen again. Whatever was not seen for 90 days is forgotten anyway.
   */
  fingerprint: { rotateEvery: year, keepFor: longest },
  /**
   * Draws which kind of hash is checked for an address that nobody has. Not rotated by the clock: an address that takes
   * as long as another kind of hash from one day to the next is one that nobody has. It is after a leak, which gives
   * away no more than that.
   */
  decoy: { keepFor: 10 * minutes },
  /** Keyed into every event of the audit trail, and needed to check it for as long as it is kept: seven years, and some. */
  audit: { rotateEvery: year, keepFor: 10 * year },
  /** Derives the links and codes that are mailed. The longest of them, the way back from a changed address, lives 7 days. */
  'one-time': { rotateEvery: 30 * days, keepFor: 8 * days },
} as const satisfies Record<string, SecretLife>

export type SecretPurpose = keyof typeof secretPurposes

/** What a secret's life is. */
export function lifeOf(purpose: SecretPurpose): SecretLife {
  return secretPurposes[purpose]
}

/** Whether something is the name of a secret. */
export function isSecretPurpose(name: string): name is SecretPurpose {
  return Object.hasOwn(secretPurposes, name)
}
