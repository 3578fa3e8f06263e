/** What a limit counts by: each value has points of its own, in each tenant. */
export type LimitedBy = 'network' | 'address' | 'device' | 'user' | 'family'

export interface Limit {
  readonly points: number
  /** How long a value's points last, in seconds, from its first request on. */
  readonly seconds: number
  readonly by: LimitedBy
  /** Seconds that a refused caller is told to wait, when not until the period ends. */
  readonly retryAfter?: number
  readonly why: string
}

/**
 * Every limit on requests. A network is one IPv4 address or one IPv6 /64; an address is the normalised e-mail
 * address that a request names, whether anybody has it or not.
 */
export const limits = {
  login: {
    points: 10,
    seconds: 60,
    by: 'network',
    why: 'One network guesses at many accounts.',
  },
  'login-address': {
    points: 10,
    seconds: 60,
    by: 'address',
    why: 'Many networks guess at one account.',
  },
  'login-device': {
    points: 10,
    seconds: 60,
    by: 'device',
    why: 'A device that logged in before has points of its own, so that nobody else uses them up.',
  },
  register: { points: 10, seconds: 3600, by: 'network', why: 'Each one costs a hash and a mail.' },
  'register-address': {
    points: 5,
    seconds: 3600,
    by: 'address',
    why: 'Nobody’s mailbox is filled by a stranger who names it again and again.',
  },
  'verify-email': { points: 20, seconds: 3600, by: 'network', why: 'Each one costs a mail.' },
  'verify-email-address': {
    points: 3,
    seconds: 3600,
    by: 'address',
    why: 'Nobody’s mailbox is filled by a stranger.',
  },
  'password-reset': { points: 20, seconds: 3600, by: 'network', why: 'Each one costs a mail.' },
  'password-reset-address': {
    points: 3,
    seconds: 3600,
    by: 'address',
    why: 'Nobody’s mailbox is filled by a stranger.',
  },
  'magic-link': { points: 20, seconds: 3600, by: 'network', why: 'Each one costs a mail.' },
  'magic-link-address': {
    points: 3,
    seconds: 3600,
    by: 'address',
    why: 'Nobody’s mailbox is filled by a stranger, and nobody’s link overtaken time and again.',
  },
  'magic-link-device': {
    points: 3,
    seconds: 3600,
    by: 'device',
    why: 'A browser that logged in before has points of its own, so that strangers keep nobody out.',
  },
  'one-time-code': {
    points: 30,
    seconds: 600,
    by: 'network',
    why: 'One network guesses at the codes of many.',
  },
  'one-time-code-address': {
    points: 5,
    seconds: 600,
    by: 'address',
    why: 'Eight digits withstand 5 guesses in 10 minutes, from however many networks.',
  },
  organisation: {
    points: 20,
    seconds: 60,
    by: 'network',
    why: 'Nobody reads out the directory by trying names.',
  },
  'login-code': {
    points: 5,
    seconds: 3600,
    by: 'user',
    why: 'Nobody’s mailbox is filled by who knows their password.',
  },
  'second-factor': {
    points: 5,
    seconds: 60,
    by: 'user',
    why: 'A million codes withstand 5 guesses a minute, in however many logins.',
  },
  'factor-setup': {
    points: 10,
    seconds: 600,
    by: 'user',
    why: 'Each one costs a secret, and takes the place of the one before.',
  },
  'step-up': {
    points: 10,
    seconds: 60,
    by: 'user',
    why: 'Each one costs a challenge.',
  },
  passkey: {
    points: 60,
    seconds: 60,
    by: 'network',
    why: 'Each one costs a challenge or the check of a signature.',
  },
  device: {
    points: 20,
    seconds: 3600,
    by: 'user',
    why: 'Each one that is registered or trusted costs a mail.',
  },
  'data-export': {
    points: 3,
    seconds: 86_400,
    by: 'user',
    why: 'Each one costs reading everything that is known of somebody, and a mail.',
  },
  'data-export-link': {
    points: 60,
    seconds: 600,
    by: 'network',
    why: 'Each one costs reading and opening a file.',
  },
  'device-proof': {
    points: 60,
    seconds: 60,
    by: 'network',
    why: 'Each one costs a challenge or the check of a signature.',
  },
  'password-check': {
    points: 5,
    seconds: 60,
    by: 'user',
    why: 'Whoever holds a session must not find out its password by guessing.',
  },
  administration: {
    points: 300,
    seconds: 60,
    by: 'user',
    why: 'Each call is audited, and some cost a mail.',
  },
  refresh: {
    points: 60,
    seconds: 60,
    by: 'family',
    // Its token is answered again for ten seconds only: a client told to wait longer would come back too late.
    retryAfter: 1,
    why: 'A client in a loop costs the database a write each time.',
  },
} as const satisfies Record<string, Limit>

export type LimitName = keyof typeof limits
