import type { Standing } from './standing.ts'

/** Why the domain refuses: a closed list. `apps/iam-api/src/http/problem.ts` gives each its status and words. */
export type RefusalCode =
  | 'invalid_credentials'
  | 'invalid_token'
  | 'invalid_grant'
  | 'refresh_reused'
  | 'session_ended'
  | 'reauthentication_required'
  | 'mfa_required'
  | 'mfa_enrolment_required'
  | 'challenge_invalid'
  | 'factor_invalid'
  | 'passkey_invalid'
  | 'device_invalid'
  | 'tenant_required'
  | 'tenant_unknown'
  | 'tenant_mismatch'
  | 'tenant_suspended'
  | 'wrong_region'
  | 'user_suspended'
  | 'password_replacement_required'
  | 'password_login_off'
  | 'location_not_allowed'
  | 'login_refused'
  | 'magic_links_off'
  | 'not_allowed'
  | 'not_found'
  | 'wrong_state'
  | 'address_taken'
  | 'slug_taken'
  | 'idempotency_key_reused'
  | 'precondition_failed'
  | 'registration_closed'
  | 'domain_not_allowed'
  | 'password_unacceptable'
  | 'code_invalid'
  | 'export_gone'
  | 'rate_limited'
  | 'login_busy'
  | 'temporarily_unavailable'

/** What a caller has to answer before it gets any further. */
export interface ChallengeToAnswer {
  /** Its token, to be sent with the answer. */
  readonly id: string
  /** What it can be answered with; none where a factor is to be added. */
  readonly factors: readonly string[]
  readonly expiresAt: Date
}

export interface RefusalOptions {
  /** A sentence for the caller. Never holds a secret or another person's data. */
  readonly detail?: string
  /** One of a closed list for the code, where programs need to tell why: a member of the problem document. */
  readonly reason?: string
  /** Seconds after which the same call may work. */
  readonly retryAfter?: number
  /** How long ago the login may be, in seconds. */
  readonly maxAge?: number
  /** How strong the login must be (RFC 9470 acr_values). */
  readonly acr?: string
  /** How to go on, where the caller can. */
  readonly challenge?: ChallengeToAnswer
  /** Where the caller stands under the limits that were counted, as far as it may know. */
  readonly standings?: readonly Standing[]
  readonly cause?: unknown
}

/** The one error the domain throws on purpose. Anything else that is thrown is a fault, and stays inside. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: RefusalCode
  readonly detail: string | undefined
  readonly reason: string | undefined
  readonly retryAfter: number | undefined
  readonly maxAge: number | undefined
  readonly acr: string | undefined
  readonly challenge: ChallengeToAnswer | undefined
  readonly standings: readonly Standing[]

  constructor(code: RefusalCode, options: RefusalOptions = {}) {
    super(code, { cause: options.cause })
    this.code = code
    this.detail = options.detail
    this.reason = options.reason
    this.retryAfter = options.retryAfter
    this.maxAge = options.maxAge
    this.acr = options.acr
    this.challenge = options.challenge
    this.standings = options.standings ?? []
  }
}
