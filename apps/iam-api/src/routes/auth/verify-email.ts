import { requestEmailVerification, verifyEmailByCode, verifyEmailByLink } from '@iam/domain/account'
import * as Type from 'typebox'
import type { App } from '../../app.ts'
import type { Deps } from '../../deps.ts'
import { limit } from '../../http/limit.ts'
import { localeOf, originOf } from '../../http/request-context.ts'
import { requireTenant } from '../../http/tenant.ts'
import {
  Accepted,
  Email,
  MailedDigits,
  OneTimeToken,
  problems,
  TenantHeader,
  tenantProblems,
} from '../schemas.ts'

const strict = { additionalProperties: false }

const verify = {
  summary: 'Confirm an address',
  description: 'By the token of the mailed link, or by the address and the digits that were mailed to it.',
  tags: ['account'],
  headers: TenantHeader,
  body: Type.Union([
    Type.Object({ token: OneTimeToken }, strict),
    Type.Object({ email: Email, code: MailedDigits }, strict),
  ]),
  response: {
    204: Type.Null(),
    ...problems('code_invalid', 'tenant_required', 'rate_limited', ...tenantProblems),
  },
}

const request = {
  summary: 'Have the mail that confirms an address sent again',
  description: 'The answer is the same whether or not the address is registered, or confirmed already.',
  tags: ['account'],
  headers: TenantHeader,
  body: Type.Object({ email: Email }, strict),
  response: { 202: Accepted, ...problems('tenant_required', 'rate_limited', ...tenantProblems) },
}

export function verifyEmailRoutes(app: App, deps: Deps): void {
  app.post('/api/v1/auth/verify-email', { schema: verify }, async (request, reply) => {
    const tenantId = await requireTenant(deps, request)
    const from = { tenantId, origin: originOf(request) }
    const { body } = request
    await limit(deps, { request, reply, tenantId }, 'one-time-code')
    if ('email' in body)
      await limit(deps, { request, reply, tenantId, email: body.email }, 'one-time-code-address')
    await ('token' in body
      ? verifyEmailByLink(deps, { ...body, ...from })
      : verifyEmailByCode(deps, { ...body, ...from }))
    return reply.code(204).send(null)
  })
  app.post('/api/v1/auth/verify-email/request', { schema: request }, async (request, reply) => {
    const tenantId = await requireTenant(deps, request)
    const { email } = request.body
    await limit(deps, { request, reply, tenantId, email }, 'verify-email', 'verify-email-address')
    await requestEmailVerification(deps, {
      tenantId,
      email,
      locale: localeOf(request),
      origin: originOf(request),
    })
    return reply.code(202).send({ status: 'accepted' })
  })
}
