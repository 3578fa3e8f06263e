import { mailablePattern } from '@iam/domain/mail'
import { passwordFaults } from '@iam/domain/credential'
import * as Type from 'typebox'
import { problemKinds, type ProblemCode } from '../http/problem-codes.ts'

const noControls = '[^\\s@\\p{Cc}\\p{Cs}]'

/** An address as it is typed: one @, no spaces or control characters, at most 254 characters (RFC 5321 4.5.3.1). */
export const Email = Type.String({ maxLength: 254, pattern: `^${noControls}{1,64}@${noControls}{1,189}$` })

/** An address that mail can be sent to: one that somebody wants to have here. */
export const NewEmail = Type.String({ maxLength: 254, pattern: mailablePattern })

// An unpaired surrogate has no UTF-8: passwords that differ in it alone would be the same bytes.
const wellFormed = '^\\P{Cs}*$'

/**
 * A password as it is typed; nothing is trimmed or changed but its normalisation. 256 code points that are
 * composed (NFC) can be four times as many as they arrive.
 */
export const Password = Type.String({ minLength: 1, maxLength: 1024, pattern: wellFormed })

/** A password that is to be stored: the tenant's policy is asked, and says what is wrong with it. */
export const NewPassword = Type.String({
  minLength: 1,
  maxLength: 4096,
  pattern: wellFormed,
  description: 'Up to 256 code points; the least number is the tenant’s.',
})

/** What people call a device of theirs. */
export const DeviceName = Type.String({ minLength: 1, maxLength: 128, pattern: '^[^\\p{Cc}\\p{Cs}]*$' })

/** The token of a mailed link. */
export const OneTimeToken = Type.String({ minLength: 1, maxLength: 136 })

/** The eight digits of a mail, as people type them. */
export const MailedDigits = Type.String({ minLength: 8, maxLength: 16, pattern: '^[0-9 -]+$' })

/** The token of a challenge. */
export const ChallengeToken = Type.String({ minLength: 1, maxLength: 136 })

/** Six digits of an authenticator app; spaces between them do not count. */
export const TotpCode = Type.String({ minLength: 6, maxLength: 16 })

/** Case, spaces and dashes do not count. */
export const RecoveryCode = Type.String({ minLength: 15, maxLength: 64 })

export const RecoveryCodes = Type.Array(Type.String(), {
  description: 'Each opens one login in place of the second factor. Told once.',
})

export const FactorId = Type.String({
  pattern: '^mfa_[0-9A-HJKMNP-TV-Z]{26}$',
  description: 'The factor’s id.',
})

export const DeviceId = Type.String({
  pattern: '^dev_[0-9A-HJKMNP-TV-Z]{26}$',
  description: 'The device’s id.',
})

const coordinate = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })
const strict = { additionalProperties: false }

/** A device's public key, with these members and no others (RFC 8037 2, RFC 7518 6.2.1). */
export const DeviceKey = Type.Union(
  [
    Type.Object({ kty: Type.Literal('OKP'), crv: Type.Literal('Ed25519'), x: coordinate }, strict),
    Type.Object(
      { kty: Type.Literal('EC'), crv: Type.Literal('P-256'), x: coordinate, y: coordinate },
      strict,
    ),
  ],
  { description: 'A JWK: Ed25519, or P-256.' },
)

/** What a device signed. */
export const DeviceSignature = Type.String({
  minLength: 1,
  maxLength: 128,
  description: '64 bytes in base64url: of Ed25519, or R and S of ES256 (RFC 7518 3.4).',
})

/** What a device answers a challenge with. */
export const DeviceProof = Type.Object({ challenge: ChallengeToken, signature: DeviceSignature }, strict)

/** What an authenticator app is set up with. */
export const TotpSetup = Type.Object({
  id: Type.String(),
  secret: Type.String({ description: 'In base32, for who types it. Told once.' }),
  uri: Type.String({ description: 'otpauth://, for a QR code or a link.' }),
  expiresAt: Type.String({ format: 'date-time', description: 'Until when it can be confirmed.' }),
})

export const SessionId = Type.String({
  pattern: '^ses_[0-9A-HJKMNP-TV-Z]{26}$',
  description: 'The session’s id.',
})

/** One page: `nextCursor` is missing on the last one. */
export function pageOf<Item extends Type.TSchema>(item: Item) {
  return Type.Object({ items: Type.Array(item), nextCursor: Type.Optional(Type.String()) })
}

export const Page = {
  cursor: Type.Optional(Type.String({ maxLength: 64, description: 'The `nextCursor` of the page before.' })),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
}

/** What is answered when the rest happens by mail. */
export const Accepted = Type.Object({ status: Type.Literal('accepted') })

export const TenantHeader = Type.Object({
  'x-tenant-id': Type.Optional(Type.String({ maxLength: 64, description: 'The tenant’s id or slug.' })),
})

/** What a login or a refresh answers. `refreshToken` is missing for a browser, which gets it as a cookie. */
export const TokenAnswer = Type.Object({
  accessToken: Type.String(),
  tokenType: Type.Literal('Bearer'),
  expiresIn: Type.Integer({ description: 'Seconds.' }),
  refreshToken: Type.Optional(Type.String()),
  refreshExpiresIn: Type.Integer({ description: 'Seconds.' }),
  stepUpRequired: Type.Optional(
    Type.Literal(true, {
      description: 'The login is from before a theft: step up or log in again. Until then tokens say acr 0.',
    }),
  ),
  session: Type.Object({ id: Type.String() }),
  user: Type.Object({ id: Type.String(), tenantId: Type.String(), email: Type.String() }),
})

/** What a session is answered that was raised: the refresh token goes on. */
export const RaisedAnswer = Type.Object({
  accessToken: Type.String(),
  tokenType: Type.Literal('Bearer'),
  expiresIn: Type.Integer({ description: 'Seconds.' }),
})

/** How a caller goes on who is asked for a second factor. */
const ChallengeToAnswer = Type.Object(
  {
    id: Type.String({ description: 'To be sent with the answer.' }),
    factors: Type.Array(Type.Enum(['totp', 'passkey', 'recovery', 'email']), {
      description: 'What it can be answered with; email: with the code that was mailed.',
    }),
    expiresAt: Type.String({ format: 'date-time' }),
  },
  { description: 'With mfa_required and mfa_enrolment_required.' },
)

/** A problem document (RFC 9457) with one of these codes. */
const problemOf = (codes: ProblemCode[]) =>
  Type.Object({
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.Enum(codes),
    reason: Type.Optional(
      Type.String({
        description: `Why, where a code has several reasons. For password_unacceptable: ${passwordFaults.join(', ')}.`,
      }),
    ),
    challenge: Type.Optional(ChallengeToAnswer),
    traceId: Type.String(),
    requestId: Type.String(),
    retriable: Type.Boolean(),
  })

/** What the directory can refuse of the tenant that a request names, with its header or its token. */
export const tenantProblems = ['tenant_unknown', 'tenant_suspended', 'wrong_region'] as const

/** The problem answers a route documents: one for each status, naming its codes. */
export function problems(...codes: ProblemCode[]): Record<number, ProblemAnswer> {
  const all = new Set<ProblemCode>(['invalid_request', 'temporarily_unavailable', ...codes])
  const answers = [...Map.groupBy(all, (code) => problemKinds[code].status)]
  return Object.fromEntries(answers.map(([status, mine]) => [status, problemAnswer(mine)] as const))
}

const problemAnswers = new Map<string, ProblemAnswer>()

/** Most routes refuse for the same reasons: an answer is made once, or the start would be longer by a fortieth. */
function problemAnswer(codes: ProblemCode[]): ProblemAnswer {
  const description = codes.join(', ')
  const known = problemAnswers.get(description)
  if (known !== undefined) return known
  const answer = { description, content: { 'application/problem+json': { schema: problemOf(codes) } } }
  problemAnswers.set(description, answer)
  return answer
}

/** How a route documents one status that it answers with a problem. */
export interface ProblemAnswer {
  readonly description: string
  readonly content: { readonly 'application/problem+json': { readonly schema: ReturnType<typeof problemOf> } }
}
