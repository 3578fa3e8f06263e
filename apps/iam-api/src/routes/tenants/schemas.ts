import { riskCodes } from '@iam/domain/kit'
import { locales } from '@iam/domain/mail'
import { roles } from '@iam/domain/role'
import * as Type from 'typebox'
import { type ProblemCode } from '../../http/problem-codes.ts'
import { problems, TenantHeader, tenantProblems } from '../schemas.ts'

const id = (prefix: string, description: string) =>
  Type.String({ pattern: `^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$`, description })

export const TenantPath = Type.Object({ tenantId: id('ten', 'The tenant’s id.') })
export const UserPath = Type.Object({
  tenantId: id('ten', 'The tenant’s id.'),
  userId: id('usr', 'The person’s id.'),
})

export const Locale = Type.Enum([...locales], { description: 'The language of mails and pages.' })
export const RoleName = Type.Enum([...roles])

const time = Type.String({ format: 'date-time' })

/** What was unusual about a login, and how much each counts. */
export const RiskReasons = Type.Array(
  Type.Object({ code: Type.Enum([...riskCodes]), points: Type.Integer() }),
  { description: 'What was unusual about it.' },
)

export const User = Type.Object({
  id: Type.String(),
  email: Type.String(),
  emailVerifiedAt: Type.Union([time, Type.Null()]),
  status: Type.String({ description: 'active, suspended or locked' }),
  locale: Type.String(),
  roles: Type.Array(Type.String()),
  createdAt: time,
})

/** What every administrative route has in common. */
export const administration = {
  tags: ['administration'],
  security: [{ bearer: [] }],
  headers: TenantHeader,
}

export const WriteHeaders = Type.Object({
  ...TenantHeader.properties,
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: '^[\\x21-\\x7e]+$',
      description:
        'The same key with the same request within 24 hours gets the same answer, and is done once.',
    }),
  ),
})

/** What an administrative route can answer besides success. */
export function refusals(...codes: ProblemCode[]) {
  return problems(
    'invalid_token',
    'session_ended',
    'tenant_mismatch',
    'not_allowed',
    'reauthentication_required',
    'rate_limited',
    ...tenantProblems,
    ...codes,
  )
}

export function writeRefusals(...codes: ProblemCode[]) {
  return refusals('idempotency_key_reused', ...codes)
}
