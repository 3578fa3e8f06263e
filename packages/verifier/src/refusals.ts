/** Why a token is refused: for the log of the service, never for its caller. */
export type RefusedFor =
  | 'no_token'
  | 'malformed'
  | 'wrong_header'
  | 'wrong_algorithm'
  | 'unknown_key'
  | 'bad_signature'
  | 'malformed_claims'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'wrong_tenant'
  | 'expired'
  | 'not_yet_valid'
  | 'revoked'
  | 'no_status'

/** The token opens nothing here: 401 (RFC 6750 3.1, `invalid_token`). */
export class TokenRefused extends Error {
  readonly status = 401
  readonly reason: RefusedFor

  constructor(reason: RefusedFor) {
    super(`The access token was refused: ${reason}.`)
    this.reason = reason
  }
}

/** Whether the token was revoked cannot be known now, and this service wants to know: 503. */
export class StatusUnavailable extends Error {
  readonly status = 503
  /** Seconds after which asking again is of use. */
  readonly retryAfter = 5

  constructor() {
    super('The status of the access token cannot be had.')
  }
}

/** There is no key set to verify by, and none can be had now: 503. The token may well be good. */
export class KeysUnavailable extends Error {
  readonly status = 503
  /** Seconds after which asking again is of use. */
  readonly retryAfter: number

  constructor(retryAfter: number, cause?: unknown) {
    super('The issuer’s keys cannot be had.', { cause })
    this.retryAfter = retryAfter
  }
}
