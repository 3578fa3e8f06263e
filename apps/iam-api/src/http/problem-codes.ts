import type { RefusalCode } from '@iam/domain/kit'

/** What the transport itself refuses, before any verb is asked. */
export type TransportCode =
  | 'invalid_request'
  | 'unsupported_media_type'
  | 'payload_too_large'
  | 'headers_too_large'
  | 'request_timeout'
  | 'method_not_allowed'
  | 'origin_not_allowed'
  | 'form_refused'
  | 'internal_error'

export type ProblemCode = RefusalCode | TransportCode

export interface ProblemKind {
  readonly status: number
  readonly title: string
  /** Whether the same request may succeed later, unchanged. */
  readonly retriable: boolean
  /** What the caller can do. */
  readonly help: string
}

const kind = (status: number, title: string, help: string, retriable = false): ProblemKind => ({
  status,
  title,
  help,
  retriable,
})

/** Every code a problem document can carry. The README's error table is compared with this one. */
export const problemKinds: Record<ProblemCode, ProblemKind> = {
  invalid_request: kind(
    400,
    'The request is not well formed',
    'Compare the request with the OpenAPI document.',
  ),
  tenant_required: kind(400, 'No tenant is named', 'Send the tenant’s id or slug as X-Tenant-Id.'),
  code_invalid: kind(
    400,
    'The link or code cannot be used',
    'It was wrong, used already, overtaken by a newer one, or too old: ask for a new one.',
  ),
  invalid_credentials: kind(401, 'The address or the password is wrong', 'Try again, or reset the password.'),
  invalid_token: kind(401, 'The access token is not valid', 'Refresh it; log in again if that is refused.'),
  invalid_grant: kind(401, 'The refresh token is not valid', 'Use the newest one, or log in again.'),
  refresh_reused: kind(
    401,
    'The refresh token had been used before',
    'The session was ended, because two parties held its token. Log in again.',
  ),
  session_ended: kind(401, 'The session has ended', 'Log in again.'),
  reauthentication_required: kind(
    401,
    'The login is too long ago for this',
    'Log in again, then repeat this with the new token.',
  ),
  mfa_required: kind(
    401,
    'A second factor is required',
    'Answer the challenge: POST /api/v1/auth/mfa/verify at a login, /api/v1/auth/step-up in an open session.',
  ),
  mfa_enrolment_required: kind(
    401,
    'A second factor must be added first',
    'Add one by the challenge: POST /api/v1/auth/mfa/enrol.',
  ),
  challenge_invalid: kind(
    401,
    'The challenge cannot be answered',
    'It was answered already, answered wrongly too often, or is too old: begin again.',
  ),
  factor_invalid: kind(401, 'The second factor was not right', 'Try again, or use another one.'),
  passkey_invalid: kind(
    401,
    'The passkey cannot be used',
    'Begin again with a fresh challenge, or use another way.',
  ),
  device_invalid: kind(
    401,
    'The device could not be proved',
    'Sign exactly what was asked with the device’s own key, or register another key.',
  ),
  origin_not_allowed: kind(403, 'This origin may not call here', 'Call from the issuer’s own origin.'),
  form_refused: kind(
    403,
    'The form is too old, or was not shown by us',
    'Load the page again and send it from there.',
  ),
  registration_closed: kind(
    403,
    'This tenant does not let people register themselves',
    'Ask its administrator.',
  ),
  domain_not_allowed: kind(
    403,
    'This tenant does not register addresses of that domain',
    'Use an address of your organisation, or ask its administrator.',
  ),
  not_allowed: kind(
    403,
    'You may not do this',
    'Ask somebody with a higher role; the detail says more where it can.',
  ),
  tenant_mismatch: kind(
    403,
    'The token and the request name different tenants',
    'Name the token’s tenant, or none.',
  ),
  tenant_suspended: kind(403, 'The tenant is suspended', 'Ask the operator.'),
  password_replacement_required: kind(
    403,
    'The password is known from a breach',
    'Choose another one by POST /api/v1/auth/password/reset/request, then log in with it.',
  ),
  password_login_off: kind(
    403,
    'This tenant has no passwords',
    'Sign in where its organisation does; an address is changed there too.',
  ),
  magic_links_off: kind(
    403,
    'This tenant does not mail links to sign in',
    'Log in in another way, or ask its administrator.',
  ),
  user_suspended: kind(403, 'The account is suspended', 'Ask the tenant’s administrator.'),
  location_not_allowed: kind(
    403,
    'Nobody logs in from this place',
    'Log in from elsewhere, or ask the tenant’s administrator.',
  ),
  login_refused: kind(
    403,
    'This login is too unusual',
    'Log in on a device and a network that you have used before, or ask the tenant’s administrator.',
  ),
  not_found: kind(404, 'There is nothing here', 'Compare the path with the OpenAPI document.'),
  tenant_unknown: kind(404, 'There is no such tenant', 'Check the tenant’s id or slug.'),
  method_not_allowed: kind(405, 'This method is not for this path', 'See the Allow header.'),
  request_timeout: kind(408, 'The request took too long to arrive', 'Send it again.', true),
  address_taken: kind(409, 'The address has an account already', 'Find it in the list of users.'),
  slug_taken: kind(409, 'The slug is another tenant’s', 'Choose another one.'),
  wrong_state: kind(409, 'The state of the account does not allow this', 'See the detail.'),
  export_gone: kind(
    410,
    'The export is not there any more',
    'Its link has run out, was used too often, or was ended: ask for another export.',
  ),
  precondition_failed: kind(
    412,
    'It was changed by somebody else meanwhile',
    'Read it again, and decide again.',
  ),
  payload_too_large: kind(413, 'The body is too large', 'Send no more than 64 KiB.'),
  unsupported_media_type: kind(415, 'The body’s type is not accepted', 'Send application/json in UTF-8.'),
  wrong_region: kind(421, 'The tenant’s data lives in another region', 'Call the tenant’s home region.'),
  password_unacceptable: kind(
    422,
    'The password does not meet the tenant’s rules',
    'Choose one as the detail says.',
  ),
  idempotency_key_reused: kind(
    422,
    'The Idempotency-Key was used for another request',
    'Use a new key for each new request.',
  ),
  rate_limited: kind(429, 'Too many requests', 'Try again after Retry-After seconds.', true),
  headers_too_large: kind(431, 'The headers are too large', 'Send no more than 16 KiB of them.'),
  internal_error: kind(500, 'Something went wrong here', 'Report the requestId to the operator.'),
  login_busy: kind(503, 'Too many logins are waiting', 'Try again after Retry-After seconds.', true),
  temporarily_unavailable: kind(
    503,
    'A part of the service is away',
    'Try again after Retry-After seconds.',
    true,
  ),
}
